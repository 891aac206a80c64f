"""director allow: let a node change further files."""

import argparse

from director.cli.opening import add_place, open_graph
from director.cli.planned import find_node
from director.cli.text import say
from director.core.errors import ExitCode
from director.core.words import listed, quoted
from director.job.lock import hold
from director.stages.approval import is_open
from director.stages.widening import widen
from director.tasks.graph import Graph
from director.tasks.pending import changed_with

EPILOG = """\
An executor that cannot do its work within the files of its node asks for those that it needs: 'director status' names
them, and the node waits for your word. Files are added to the node's 'files' in plan.json, whose other text stays as it
is, if the plan can be built with them. An approval of the plan goes on; the node's tests stay as they are.

  director allow parser src/tokens.py src/errors.py
  director run
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("node", metavar="NODE", help="the id of a node")
    parser.add_argument("files", metavar="FILE", nargs="+", help="a path from the repository's root")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Widen the node's allowlist and say what becomes stale."""
    graph = open_graph(args)
    directory = graph.job.directory
    find_node(directory, args.node)
    with hold(directory):
        node = find_node(directory, args.node)
        added = widen(graph.job, node, args.files)
        _tell(graph, node.id, added)
    return ExitCode.DONE


def _tell(graph: Graph, node: str, added: list[str]) -> None:
    if not added:
        say(f"'{node}' may change that already")
        return
    say(f"'{node}' may now change {listed([quoted(path) for path in added], limit=20)} too")
    stale = [task for task in changed_with(graph, "slices") if not task.startswith("gate:")]
    say(f"stale: {listed(stale, limit=20)}")
    is_waiting = graph.job.directory.lock(node).exists() and not is_open(graph.job, "plan")
    say("plan.json waits for your approval: 'director approve'" if is_waiting else "'director run' goes on")
