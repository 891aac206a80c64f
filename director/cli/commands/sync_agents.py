"""director sync-agents: the role definitions where OpenCode reads them."""

import argparse
from pathlib import Path

from director.agents.opencode_config import write_agents
from director.cli.opening import add_place, open_directory, open_repository
from director.cli.text import say
from director.core.errors import ExitCode
from director.prompts.roles import load_roles

EPILOG = """\
Planning and running do this by themselves, in a private directory of the job; your checkout is not touched. Name a
directory to have the definitions for your own use, such as .opencode/agent.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("target", nargs="?", type=Path, metavar="DIR", help="where to write them [the job's own]")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Render every role."""
    directory = open_directory(args, open_repository(args))
    target = args.target.resolve() if args.target else directory.backends / "opencode" / "agents"
    for path in write_agents(target, load_roles(directory.overrides / "roles").values()):
        say(str(path))
    return ExitCode.DONE
