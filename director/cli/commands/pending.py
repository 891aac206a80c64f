"""director pending: the dry run."""

import argparse
import json

from rich.table import Table

from director.cli.opening import add_place, open_graph
from director.cli.text import console, plain, say
from director.core.errors import ExitCode
from director.tasks.pending import Pending, pending_tasks

EPILOG = "Everything that is not up to date, in order, with the reason. Nothing is run; the exit code is 0."


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("targets", nargs="*", metavar="TASK", help="only what these need")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """List what a build would look at."""
    graph = open_graph(args)
    found = pending_tasks(graph, tuple(args.targets))
    if args.json:
        entries = [{"task": entry.task, "reasons": entry.reasons, "needs": entry.needs} for entry in found]
        print(json.dumps({"version": 1, "pending": entries}, indent=2))
    elif found:
        console().print(_table(found))
    else:
        say("nothing is pending: everything is up to date")
    if not args.json and not graph.job.directory.plan.exists():
        say("the nodes are not known before there is a plan")
    return ExitCode.DONE


def _table(found: list[Pending]) -> Table:
    table = Table.grid(padding=(0, 2))
    for entry in found:
        table.add_row(plain(entry.task, "bold"), plain(entry.why()))
    return table
