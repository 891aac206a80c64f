"""director run: build the nodes, or whatever task is named."""

import argparse

from director.cli.building import build_and_tell
from director.cli.opening import add_building, add_place
from director.core.errors import ExitCode

EPILOG = """\
Without a task everything is built and integrated. Running it again goes on where it stopped.

  director run -n 8
  director run run:parser          the same: director run:parser
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("targets", nargs="*", metavar="TASK", help="such as run:NODE or tests:NODE [integrate]")
    add_building(parser)
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Build."""
    return build_and_tell(args, args.targets or ["integrate"])
