"""director show: one node, with all that happened to it."""

import argparse
from difflib import get_close_matches

from director.artifacts.attempts import numbered
from director.artifacts.files import read_model
from director.cli.opening import add_place, open_graph
from director.cli.text import say
from director.core.artifacts import Merged
from director.core.attempts import Attempt
from director.core.errors import ConfigError, ExitCode
from director.core.plan.node import Node
from director.core.words import listed
from director.job.job import Job
from director.stages.planning import read_plan
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
    if not job.directory.plan.exists():
        raise ConfigError("there is no plan yet", hint="'director plan' makes one")
    plan = read_plan(job.directory.plan)
    name = args.node.removeprefix("run:")
    node = plan.node(name)
    if node is None:
        raise ConfigError(f"there is no node '{name}'", hint=_instead(name, [entry.id for entry in plan.nodes]))
    _show_node(node)
    said = reasons(graph, f"run:{name}")
    marker = read_model(job.directory.merged(name), Merged)
    say(f"state      {'pending: ' + '; '.join(said) if said else 'landed'}")
    _show_attempts(job, name)
    if marker:
        say(f"commit     {marker.commit}")
    if marker and not args.no_diff:
        say(job.repository.diff(job.repository.parent(marker.commit), marker.commit))
    return ExitCode.DONE


def _instead(name: str, nodes: list[str]) -> str:
    near = get_close_matches(name, nodes, n=1)
    return f"did you mean '{near[0]}'?" if near else f"the nodes are {listed(nodes, limit=20)}"


def _show_node(node: Node) -> None:
    say(f"node       {node.id}: {node.title}")
    say(f"files      {', '.join(node.files)}")
    say(f"tests      {', '.join(node.tests)}")
    say(f"test_cmd   {node.test_cmd}")
    say(f"needs      {', '.join(node.depends_on) or 'nothing'}")
    say(f"spec\n{node.spec}\n")


def _show_attempts(job: Job, node: str) -> None:
    for task in (f"tests:{node}", f"run:{node}"):
        for log in numbered(job.directory, task):
            outcome = read_model(log / "outcome.json", Attempt)
            said = f"{outcome.role}, {outcome.outcome}" if outcome else "not finished"
            first = outcome.feedback.partition("\n")[0] if outcome else ""
            say(f"attempt    {log}: {said}{': ' + first if first else ''}")
            if outcome and outcome.tree_ref:
                say(f"           its tree is kept as {outcome.tree_ref}")
