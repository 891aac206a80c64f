"""director status: the job at a glance."""

import argparse
import json
from collections.abc import Iterator

from rich.table import Table

from director.cli.looking import Observer, read_status
from director.cli.opening import START, add_place
from director.cli.text import counted, dollars, duration, plain, say, show, spared
from director.core.amounts import percent
from director.core.errors import ExitCode
from director.core.measures import TARGET_COMPLETION
from director.core.requests import allow_command
from director.report.status import JobStatus, NodeStatus
from director.tasks.graph import Graph

EPILOG = """\
With --watch it is drawn anew at a terminal, and printed again elsewhere, whenever it has changed; with --json one line
for each state. Ctrl-C ends that.
"""
_STYLES = {"landed": "green", "failed": "red", "ready": "cyan", "waiting": "dim"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--watch", action="store_true", help="stay, and show what changes")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Show the state of every node, and the totals."""
    if args.watch:
        from director.cli.watching import watch  # noqa: PLC0415 (start-up: few stay)

        watch(Observer(args), _one_line if args.json else _told)
        return ExitCode.DONE
    graph = Observer(args).graph()
    if args.json:
        print(json.dumps(read_status(graph).model_dump(mode="json"), indent=2))
        return ExitCode.DONE
    for part in _told(graph):
        if isinstance(part, Table):
            show(part)
        else:
            say(part)
    return ExitCode.DONE


def _one_line(graph: Graph) -> list[Table | str]:
    return [read_status(graph).model_dump_json()]


def _told(graph: Graph) -> list[Table | str]:
    status = read_status(graph)
    if status.job:
        return list(_parts(status))
    return [f"there is no job here yet; {'go on with: director plan' if graph.job.directory.task.exists() else START}"]


def _parts(status: JobStatus) -> Iterator[Table | str]:
    yield _table(status.nodes) if status.nodes else "there is no plan yet"
    for node in status.nodes:
        yield from _requests(node)
    for leftover in status.leftovers:
        yield str(leftover)
        yield f"hint: {leftover.hint}"
    landed = sum(node.state == "landed" for node in status.nodes)
    cost = dollars(status.cost_usd, status.unpriced_calls)
    yield f"job {status.job} on {status.branch}: {landed} of {len(status.nodes)} nodes landed"
    unknown = f", {status.unpriced_calls} of unknown price" if status.unpriced_calls else ""
    yield f"{cost} in {counted(status.calls, 'call')}{unknown}"
    if status.reused:
        yield spared(status.reused, status.saved_usd)
    if landed:
        yield from _rates(status)
    if status.pending:
        tasks = counted(len(status.pending), "task")
        yield f"pending: {tasks}; 'director pending' says why, 'director run' goes on"


def _requests(node: NodeStatus) -> Iterator[str]:
    for request in node.requests:
        yield f"{node.id} asks for {request}"
    if node.requests:
        yield f"hint: {allow_command(node.id, node.requests)}"


def _rates(status: JobStatus) -> Iterator[str]:
    yield f"done by the executor tier: {percent(status.executor_completion)} (target {TARGET_COMPLETION:.0%})"
    yield f"stage-two reviews: {percent(status.stage_two_rate)}"
    yield f"watched the tests fail first: {percent(status.watch_it_fail_rate)}"


def _table(nodes: tuple[NodeStatus, ...]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("node", "state", "tier", "attempts", "cost", "time"):
        is_text = name in ("node", "state", "tier")
        table.add_column(name, justify="left" if is_text else "right", no_wrap=name != "tier")
    for node in nodes:
        tier = node.tier + (" (escalated)" if node.escalated else "")
        cost, time = dollars(node.cost_usd, node.unpriced_calls), duration(node.seconds)
        state = plain(node.state, _STYLES[node.state])
        table.add_row(plain(node.id), state, plain(tier), str(node.attempts), cost, time)
    return table
