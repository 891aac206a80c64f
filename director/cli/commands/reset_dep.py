"""director reset-dep: take the files of tasks for what the tasks were built from."""

import argparse

from doit.cmd_resetdep import ResetDep

from director.cli.doit import configure_doit, run_doit_alone
from director.core.errors import ExitCode

EPILOG = """\
The tasks count as built from the files as they stand. It says nothing about whether that is so.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    configure_doit(parser, ResetDep, tasks="*")


def execute(args: argparse.Namespace) -> ExitCode:
    """Reset."""
    return run_doit_alone(ResetDep, args)
