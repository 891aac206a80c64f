"""director show: one node, with all that happened to it."""

import argparse

from director.artifacts.attempts import history, numbered
from director.artifacts.files import read_model, read_remade
from director.cli.opening import add_place, open_graph
from director.cli.planned import find_node
from director.cli.text import dollars, say
from director.core.artifacts import Merged
from director.core.attempts import Attempt
from director.core.errors import ExitCode
from director.core.patches import Reuse
from director.core.plan.node import Node
from director.core.requests import allow_command, unanswered
from director.job.job import Job
from director.tasks.pending import reasons


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument("node", metavar="NODE", help="the id of a node")
    parser.add_argument("--no-diff", action="store_true", help="leave the diff out")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Show the node's spec, its state, its attempts and its diff."""
    graph = open_graph(args)
    job = graph.job
    node = find_node(job.directory, args.node)
    name = node.id
    _show_node(node)
    said = reasons(graph, f"run:{name}")
    marker = read_model(job.directory.merged(name), Merged)
    say(f"state      {'pending: ' + '; '.join(said) if said else 'landed'}")
    _show_attempts(job, name)
    if said:
        _show_requests(job, node)
    if marker:
        say(f"commit     {marker.commit}")
        _show_reuse(job, marker)
    if marker and not args.no_diff:
        say(job.repository.diff(job.repository.parent(marker.commit), marker.commit))
    return ExitCode.DONE


def _show_node(node: Node) -> None:
    say(f"node       {node.id}: {node.title}")
    say(f"files      {', '.join(node.files)}")
    say(f"tests      {', '.join(node.tests)}")
    say(f"test_cmd   {node.test_cmd}")
    say(f"needs      {', '.join(node.depends_on) or 'nothing'}")
    say(f"spec\n{node.spec}\n")


def _show_reuse(job: Job, marker: Merged) -> None:
    made = read_remade(job.directory.reuse(marker.node), Reuse)
    if made and made.commit == marker.commit:
        source = f"the cache of '{made.source}'" if made.source else "the user's cache"
        say(f"reused     from {source}: {made.tier.model} made it as '{made.node}' in job {made.job}, {made.made}")
        say(f"           {dollars(made.saved_usd, made.unpriced_calls)} saved; its key is {made.key}")


def _show_attempts(job: Job, node: str) -> None:
    for task in (f"tests:{node}", f"run:{node}"):
        for log in numbered(job.directory, task):
            outcome = read_model(log / "outcome.json", Attempt)
            said = f"{outcome.role}, {outcome.outcome}" if outcome else "not finished"
            first = outcome.feedback.partition("\n")[0] if outcome else ""
            say(f"attempt    {log}: {said}{': ' + first if first else ''}")
            if outcome and outcome.tree_ref:
                say(f"           its tree is kept as {outcome.tree_ref}")


def _show_requests(job: Job, node: Node) -> None:
    last = history(job.directory, f"run:{node.id}")[-1:]
    requests = unanswered(last[0].requests, files=node.files) if last else ()
    for request in requests:
        say(f"asks for   {request}")
    if requests:
        say(f"hint: {allow_command(node.id, requests)}")
