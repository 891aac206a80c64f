"""director list: the tasks, as doit lists them."""

import argparse

from doit.cmd_list import List

from director.cli.doit import configure_doit, run_doit
from director.core.errors import ExitCode

EPILOG = """\
States: R to be run, U up to date, I ignored, E with an input missing. doit looks at each task alone: 'director pending'
knows that a task above a stale one may have to run, too.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    configure_doit(parser, List, tasks="*")


def execute(args: argparse.Namespace) -> ExitCode:
    """List."""
    return run_doit(List, args)
