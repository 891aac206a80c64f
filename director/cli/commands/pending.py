"""director pending: the dry run."""

import argparse
import json

from rich.table import Table

from director.artifacts.directory import JobDirectory
from director.cli.opening import START, add_place, open_graph
from director.cli.text import plain, say, show
from director.core.errors import ExitCode
from director.core.printed import PendingTask, PendingTasks
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
        entries = (PendingTask(task=entry.task, reasons=entry.reasons, needs=entry.needs) for entry in found)
        print(json.dumps(PendingTasks(pending=tuple(entries)).model_dump(mode="json"), indent=2))
    else:
        _show(graph.job.directory, found)
    return ExitCode.DONE


def _show(directory: JobDirectory, found: list[Pending]) -> None:
    if found:
        show(_table(found))
    else:
        say("nothing is pending: everything is up to date")
    if not directory.task.exists():
        say(f"there is no task yet; {START}")
    elif not directory.plan.exists():
        say("the nodes are not known before there is a plan")


def _table(found: list[Pending]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for entry in found:
        table.add_row(plain(entry.task, "bold"), plain(entry.why()))
    return table
