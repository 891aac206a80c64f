"""director pending: the dry run, with what it is likely to cost and to take."""

import argparse
import json
from collections.abc import Iterator

from rich.table import Table

from director.artifacts.directory import JobDirectory
from director.cli.opening import START, add_approval, add_place, open_graph, positive
from director.cli.text import dollars, plain, say, show
from director.core.amounts import dollars_between, time_between
from director.core.errors import ExitCode
from director.core.forecast import UNPLANNED, Likely
from director.core.outlook import Asks, Whole, outlook
from director.core.printed import PendingTask, PendingTasks
from director.core.roles import Role
from director.core.words import listed
from director.report.past import pasts
from director.tasks.expected import expected_of
from director.tasks.graph import Graph
from director.tasks.pending import pending_tasks
from director.tasks.places import Places

EPILOG = """\
Everything that is not up to date, in order, with the reason, and what it is likely to cost and to take: the median of
past records and their range, from this job, else from jobs put aside. Only records of the same tier count. 'At most'
stands where nobody is asked if what a task reads turns out the same. Nothing is run; the exit code is 0.

  director pending
  director pending run:parser -n 8
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("targets", nargs="*", metavar="TASK", help="only what these need")
    parser.add_argument("-n", "--parallel", metavar="N", type=positive, default=4, help="tasks at once [4]")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_approval(parser)
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """List what a build would look at."""
    graph = open_graph(args)
    found = _listing(graph, tuple(args.targets), workers=args.parallel)
    if args.json:
        print(json.dumps(found.model_dump(mode="json"), indent=2))
    else:
        _show(graph.job.directory, found)
    return ExitCode.DONE


def _listing(graph: Graph, targets: tuple[str, ...], *, workers: int) -> PendingTasks:
    job, entries, places = graph.job, pending_tasks(graph, targets), Places(graph.job)
    if not entries:
        return PendingTasks(pending=())
    tiers = {role: str(job.config.tier(role)) for role in Role}
    expected = expected_of(job, entries)
    ahead = outlook(expected, pasts(job.directory), tiers, workers=workers)
    tasks = (
        PendingTask(
            task=entry.task,
            reasons=tuple(map(str, places.explained(entry.reasons))),
            needs=entry.needs,
            asks=known.asks,
            cost_usd=ahead.costs.get(entry.task),
            seconds=ahead.seconds.get(entry.task),
        )
        for entry, known in zip(entries, expected, strict=True)
    )
    unplanned = () if job.directory.plan.exists() else (UNPLANNED,)
    whole = ahead.whole.model_copy(update={"unknown": (*ahead.whole.unknown, *unplanned)})
    return PendingTasks(pending=tuple(tasks), whole=whole)


def _show(directory: JobDirectory, found: PendingTasks) -> None:
    if found.whole:
        show(_table(found.pending))
        for line in _told(found.whole):
            say(line)
    else:
        say("nothing is pending: everything is up to date")
    if not directory.task.exists():
        say(f"there is no task yet; {START}")


def _table(tasks: tuple[PendingTask, ...]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("task", "likely cost", "likely time", "why"):
        table.add_column(name, no_wrap=name != "why")
    for task in tasks:
        why = "; ".join(task.reasons) or f"may change with {listed(task.needs)}"
        table.add_row(plain(task.task, "bold"), _cost(task), _time(task), plain(why))
    return table


def _cost(task: PendingTask) -> str:
    if task.asks is Asks.NOBODY:
        return "–"
    at_most = "at most " if task.asks is Asks.MAYBE else ""
    return f"{at_most}{_money(task.cost_usd)}" if task.cost_usd else "?"


def _time(task: PendingTask) -> str:
    at_most = "at most " if task.asks is Asks.MAYBE else ""
    return f"{at_most}{_duration(task.seconds)}" if task.seconds else "?" if task.asks is not Asks.NOBODY else "–"


def _told(whole: Whole) -> Iterator[str]:
    if whole.cost_usd:
        yield f"likely cost of all: {_money(whole.cost_usd)}{_sure(whole.sure_usd, whole.cost_usd.median)}"
    if whole.seconds:
        yield f"likely time of all with -n {whole.parallel}: {_duration(whole.seconds)}"
    yield from (f"not known: {unknown}" for unknown in whole.unknown)


def _sure(sure: float, likely: float) -> str:
    if sure >= likely:
        return ""
    return f"; {dollars(sure) if sure else 'none'} of it is sure to be asked for"


def _money(likely: Likely) -> str:
    return dollars_between(likely.median, likely.low, likely.high)


def _duration(likely: Likely) -> str:
    return time_between(likely.median, likely.low, likely.high)
