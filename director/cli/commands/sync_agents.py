"""director sync-agents: the role definitions where OpenCode reads them."""

import argparse
from pathlib import Path

from director.agents.opencode.config import write_agents
from director.cli.opening import add_place, open_directory, open_repository
from director.cli.text import say
from director.core.errors import ExitCode
from director.prompts.roles import load_roles

EPILOG = """\
For your own use in OpenCode: agents named director-ROLE, each with the least rights of its role. Planning and running
do not need it: every call of theirs has the definitions in a private place, and your checkout is not touched.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("target", nargs="?", type=Path, metavar="DIR", help="where to write them [.opencode/agent]")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Render every role."""
    repository = open_repository(args)
    directory = open_directory(args, repository)
    target = args.target.resolve() if args.target else repository.root / ".opencode" / "agent"
    for path in write_agents(target, load_roles(directory.overrides / "roles").values()):
        say(str(path))
    return ExitCode.DONE
