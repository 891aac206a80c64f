"""director cache: work that was verified before, and is not paid for again."""

import argparse
import json
import re
from collections.abc import Sequence
from uuid import uuid4

from rich.table import Table

from director.cli.opening import add_place, open_directory, open_repository, positive
from director.cli.text import age, counted, dollars, plain, say, show, spared
from director.core.amounts import bytes_of
from director.core.config.settings import REMOTE_NAME, Cache
from director.core.errors import ConfigError, ExitCode
from director.core.printed import CacheContents, CachedPatch
from director.git.remote import Remote
from director.job.cache import contents, offer
from director.job.configuration import load_config
from director.job.patches import patch_store, prune
from director.job.work import attended

EPILOG = """\
When an agent's work on a node has landed, it is kept under a digest of all that it was made from: the node's spec,
files and test command, its locked tests, its files as they were, and what its dependencies brought. A node with the
same digest is tried with it first, in whatever job or repository. It has to pass the same gate; if it does not, it is
dropped and an agent is asked.

  director cache                      what is kept, how often it was used, and what that saved
  director cache prune                keep to [cache] max_mb
  director cache prune --older 30     drop what was not used for 30 days; --all: everything
  director cache push                 give a git remote what was made in this repository: --remote, or [cache] remote

With '[cache] remote = "origin"' a remote is asked for what is not kept here. Nothing is given to one but by 'push'.
"""
_SHOWN = 40


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("what", nargs="?", choices=("list", "prune", "push"), default="list", help="[list]")
    parser.add_argument("--json", action="store_true", help="list: print JSON")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="prune: drop everything")
    which.add_argument("--older", metavar="DAYS", type=positive, help="prune: drop what was not used for so many days")
    parser.add_argument(
        "--remote", metavar="NAME", type=_remote, help="push: to this remote [that of the configuration]"
    )
    parser.add_argument("--replace", action="store_true", help="push: also in place of what the remote has")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """List, prune or push."""
    match args.what:
        case "prune":
            return _prune(args)
        case "push":
            return _push(args)
        case _:
            return _list(args)


def _remote(text: str) -> str:
    if not text or not re.fullmatch(REMOTE_NAME, text):
        raise argparse.ArgumentTypeError(f"'{text}' is not the name of a remote")
    return text


def _options(args: argparse.Namespace) -> Cache:
    """Return what the configuration says; outside of a repository that has one, the defaults."""
    try:
        repository = open_repository(args)
    except ConfigError:
        return Cache()
    directory = open_directory(args, repository).path
    if args.profile is None and not (directory / "config.toml").exists():
        return Cache()
    return load_config(repository.root, directory, profile=args.profile).cache


def _list(args: argparse.Namespace) -> ExitCode:
    found = contents(max_mb=_options(args).max_mb)
    if args.json:
        print(json.dumps(found.model_dump(mode="json"), indent=2))
        return ExitCode.DONE
    if found.patches:
        show(_table(found.patches[-_SHOWN:]))
    if (more := len(found.patches) - _SHOWN) > 0:
        say(f"and {counted(more, 'patch', 'patches')} used before these")
    say(_total(found))
    return ExitCode.DONE


def _total(found: CacheContents) -> str:
    kept = f"{counted(len(found.patches), 'patch', 'patches')}, {bytes_of(found.bytes)} of {found.max_mb} MB"
    return f"{kept}, in {found.directory}; used: {spared(found.hits, found.saved_usd)}"


def _table(patches: Sequence[CachedPatch]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("node", "title", "made by", "cost", "hits", "size", "used"):
        is_text = name in ("node", "title", "made by")
        table.add_column(name, justify="left" if is_text else "right", no_wrap=name != "title")
    for patch in patches:
        cost, size = dollars(patch.cost_usd, patch.unpriced_calls), bytes_of(patch.bytes)
        texts = map(plain, (patch.node, patch.title, patch.tier))
        table.add_row(*texts, cost, str(patch.hits), size, age(patch.used))
    return table


def _prune(args: argparse.Namespace) -> ExitCode:
    room = 0 if args.all else _options(args).max_mb
    pruned = prune(patch_store(), max_mb=room, days=args.older)
    say(f"dropped {counted(pruned, 'patch', 'patches')}")
    return ExitCode.DONE


def _push(args: argparse.Namespace) -> ExitCode:
    repository = open_repository(args)
    name = args.remote or _options(args).remote
    if not name:
        hint = 'say which: director cache push --remote origin, or write [cache] remote = "origin"'
        raise ConfigError("no remote is named to push to", hint=hint)
    mark = f"cache/{uuid4().hex[:12]}"
    with attended(mark):
        given = offer(repository, Remote(repository, name, mark), replace=args.replace)
    say(f"gave '{name}' {counted(given.given, 'patch', 'patches')}; it had {given.known} already")
    if given.refused:
        say(f"it refused {given.refused}")
    return ExitCode.FAILED if given.refused else ExitCode.DONE
