"""director status: the job at a glance."""

import argparse

from rich.table import Table

from director.cli.opening import add_place, open_graph
from director.cli.text import console, dollars, duration, plain, say
from director.core.errors import ExitCode
from director.core.plan import Plan
from director.report.status import TARGET_COMPLETION, JobStatus, NodeStatus, job_status
from director.stages.planning import read_plan
from director.tasks.pending import pending_tasks

_STYLES = {"landed": "green", "failed": "red", "ready": "cyan", "waiting": "dim"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Show the state of every node, and the totals."""
    graph = open_graph(args)
    directory, identity = graph.job.directory, graph.job.identity
    plan = read_plan(directory.plan) if directory.plan.exists() else Plan()
    pending = [entry.task for entry in pending_tasks(graph)]
    status = job_status(directory, job=identity.id, branch=identity.branch, plan=plan, pending=pending)
    if args.json:
        print(status.model_dump_json(indent=2))
    else:
        _show(status)
    return ExitCode.DONE


def _show(status: JobStatus) -> None:
    if status.nodes:
        console().print(_table(status.nodes))
    else:
        say("there is no plan yet")
    landed = sum(node.state == "landed" for node in status.nodes)
    cost = dollars(status.cost_usd, status.unpriced_calls)
    say(f"job {status.job} on {status.branch}: {landed} of {len(status.nodes)} nodes landed")
    unknown = f", {status.unpriced_calls} of unknown price" if status.unpriced_calls else ""
    say(f"{cost} in {status.calls} calls{unknown}")
    target = f" (target {TARGET_COMPLETION:.0%})"
    say(f"done by the executor tier: {_percent(status.executor_completion)}{target}")
    say(f"stage-two reviews: {_percent(status.stage_two_rate)}")
    say(f"watched the tests fail first: {_percent(status.watch_it_fail_rate)}")
    if status.pending:
        say(f"{len(status.pending)} tasks are pending: 'director pending' says why, 'director run' builds them")


def _table(nodes: tuple[NodeStatus, ...]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("node", "state", "tier", "attempts", "cost", "time"):
        table.add_column(name, justify="right" if name in ("attempts", "cost", "time") else "left")
    for node in nodes:
        tier = node.tier + (" (escalated)" if node.escalated else "")
        cost, time = dollars(node.cost_usd, node.unpriced_calls), duration(node.seconds)
        state = plain(node.state, _STYLES[node.state])
        table.add_row(plain(node.id), state, plain(tier), str(node.attempts), cost, time)
    return table


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.0%}"
