"""director ignore: leave tasks out of every build."""

import argparse

from doit.cmd_ignore import Ignore

from director.cli.doit import configure_doit, run_doit_alone
from director.core.errors import ExitCode

EPILOG = "The task and what needs it are left out of every build; 'director forget TASK' undoes it."


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    configure_doit(parser, Ignore, tasks="+")


def execute(args: argparse.Namespace) -> ExitCode:
    """Ignore."""
    return run_doit_alone(Ignore, args)
