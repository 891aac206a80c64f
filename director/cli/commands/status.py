"""director status: the job at a glance."""

import argparse
import json

from rich.table import Table

from director.artifacts.files import read_model
from director.cli.opening import START, add_place, open_graph
from director.cli.text import counted, dollars, duration, plain, say, show
from director.core.amounts import percent
from director.core.artifacts import JobIdentity
from director.core.errors import ExitCode
from director.core.plan.node import Plan
from director.core.requests import allow_command
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
    directory = graph.job.directory
    identity = read_model(directory.identity, JobIdentity)
    job, branch = (identity.id, identity.branch) if identity else ("", "")
    plan = read_plan(directory.plan) if directory.plan.exists() else Plan()
    pending = [entry.task for entry in pending_tasks(graph)]
    status = job_status(directory, job=job, branch=branch, plan=plan, pending=pending)
    if args.json:
        print(json.dumps(status.model_dump(mode="json"), indent=2))
    elif identity:
        _show(status)
    else:
        say(f"there is no job here yet; {'go on with: director plan' if directory.task.exists() else START}")
    return ExitCode.DONE


def _show(status: JobStatus) -> None:
    if status.nodes:
        show(_table(status.nodes))
    else:
        say("there is no plan yet")
    for node in status.nodes:
        _show_requests(node)
    landed = sum(node.state == "landed" for node in status.nodes)
    cost = dollars(status.cost_usd, status.unpriced_calls)
    say(f"job {status.job} on {status.branch}: {landed} of {len(status.nodes)} nodes landed")
    unknown = f", {status.unpriced_calls} of unknown price" if status.unpriced_calls else ""
    say(f"{cost} in {counted(status.calls, 'call')}{unknown}")
    if landed:
        _show_rates(status)
    if status.pending:
        tasks = counted(len(status.pending), "task")
        say(f"pending: {tasks}; 'director pending' says why, 'director run' goes on")


def _show_requests(node: NodeStatus) -> None:
    for request in node.requests:
        say(f"{node.id} asks for {request}")
    if node.requests:
        say(f"hint: {allow_command(node.id, node.requests)}")


def _show_rates(status: JobStatus) -> None:
    say(f"done by the executor tier: {percent(status.executor_completion)} (target {TARGET_COMPLETION:.0%})")
    say(f"stage-two reviews: {percent(status.stage_two_rate)}")
    say(f"watched the tests fail first: {percent(status.watch_it_fail_rate)}")


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
