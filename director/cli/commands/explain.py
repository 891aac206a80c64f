"""director explain: why a task is up to date, or is not."""

import argparse

from director.cli.opening import add_place, open_graph
from director.cli.text import say
from director.core.errors import ExitCode
from director.tasks.pending import reasons


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument("task", metavar="TASK", help="such as run:NODE")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Say why."""
    said = reasons(open_graph(args), args.task)
    say(f"{args.task} is {'pending:' if said else 'up to date: all that it reads is as it was built'}")
    for reason in said:
        say(f"  - {reason}")
    return ExitCode.DONE
