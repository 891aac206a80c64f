"""director info: one task, as doit sees it."""

import argparse

from doit.cmd_info import Info

from director.cli.doit import configure_doit, run_doit
from director.core.errors import ExitCode

EPILOG = "The exit code is 1 if the task is not up to date."


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    configure_doit(parser, Info, tasks=1)


def execute(args: argparse.Namespace) -> ExitCode:
    """Show."""
    return run_doit(Info, args)
