"""director models: what the agent programs offer, as tiers."""

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from director.agents.registry import backend_names
from director.cli.opening import add_place, open_directory, open_repository
from director.cli.text import complain, say
from director.core.config.settings import Config
from director.core.errors import DirectorError, ExitCode, Interrupted
from director.core.printed import Lack, Offers
from director.core.roles import Role
from director.core.tiers import Tier, parse_tier
from director.job.configuration import load_config
from director.job.examining import Examiner, examining

EPILOG = """\
Prints one tier a line, to be copied into config.toml. Without BACKEND every backend is asked that is installed, and
one that cannot tell does not keep the others from it. 'acp:COMMAND' asks an agent of the Agent Client Protocol.

  director models opencode --match sonnet
  director models 'acp:claude-agent-acp'

Exit code 2 if a backend that was named cannot tell, or if none can.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("backend", nargs="?", metavar="BACKEND", help="only what this one offers")
    parser.add_argument("--match", metavar="TEXT", default="", help="only tiers with this text in them, in any case")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """List what the programs offer."""
    root, config = _configuration(args)
    tiers = [config.tier(role) for role in Role] if config else []
    names = [args.backend] if args.backend else backend_names()
    if args.backend and ":" in args.backend:
        tiers = [parse_tier(args.backend)]
        names = [tiers[0].backend]
    options = config.backends if config else {}
    with examining(options, tiers, repository=root) as examiner, ThreadPoolExecutor(len(names)) as pool:
        asked = [name for name in names if args.backend or examiner.can_list(name)]
        found = zip(asked, pool.map(lambda name: _models(examiner, name), asked), strict=True)
        return _tell(args, dict(found))


def _configuration(args: argparse.Namespace) -> tuple[Path, Config | None]:
    """Return the repository and its configuration; None before there is one."""
    repository = open_repository(args)
    directory = open_directory(args, repository).path
    if args.profile is None and not (directory / "config.toml").exists():
        return repository.root, None
    return repository.root, load_config(repository.root, directory, profile=args.profile)


def _models(examiner: Examiner, name: str) -> list[Tier] | DirectorError:
    try:
        return examiner.models(name)
    except Interrupted:
        raise
    except DirectorError as error:
        return error


def _tell(args: argparse.Namespace, found: dict[str, list[Tier] | DirectorError]) -> ExitCode:
    wanted = args.match.casefold()
    tiers = {
        name: tuple(str(tier) for tier in offered if wanted in str(tier).casefold())
        for name, offered in found.items()
        if not isinstance(offered, DirectorError)
    }
    errors = {name: error for name, error in found.items() if isinstance(error, DirectorError)}
    if args.json:
        lacks = {name: Lack(missing=error.message, remedy=error.hint) for name, error in errors.items()}
        print(json.dumps(Offers(models=tiers, errors=lacks).model_dump(mode="json"), indent=2))
        return ExitCode.USAGE if not tiers else ExitCode.DONE
    if args.backend and errors:
        raise next(iter(errors.values()))
    for tier in (tier for offered in tiers.values() for tier in offered):
        say(tier)
    for error in errors.values():
        complain(error)
    return ExitCode.USAGE if not tiers else ExitCode.DONE
