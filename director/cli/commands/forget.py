"""director forget: have tasks looked at again, as if they had never run."""

import argparse

from doit.cmd_forget import Forget

from director.cli.doit import configure_doit, run_doit_alone
from director.core.errors import ExitCode

EPILOG = """\
Without a task, the default one is forgotten. Nothing is lost: agents are not asked again for what has landed.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    configure_doit(parser, Forget, tasks="*")


def execute(args: argparse.Namespace) -> ExitCode:
    """Forget."""
    return run_doit_alone(Forget, args)
