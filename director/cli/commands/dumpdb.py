"""director dumpdb: doit's database as it is: text, one line of JSON for each success and each forgetting."""

import argparse

from director.artifacts.files import read_text
from director.cli.opening import add_place, open_job
from director.cli.text import say
from director.core.errors import ExitCode

EPILOG = "The last line about a task counts. The database is only a cache: without it no agent is asked again."


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Print the database."""
    for line in (read_text(open_job(args).directory.database) or "").splitlines():
        say(line)
    return ExitCode.DONE
