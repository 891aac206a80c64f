"""The node that a person names on the command line."""

from difflib import get_close_matches

from director.artifacts.directory import JobDirectory
from director.artifacts.plans import read_plan
from director.core.errors import ConfigError
from director.core.plan.node import Node
from director.core.words import listed


def find_node(directory: JobDirectory, word: str) -> Node:
    """Return the planned node that `NODE` or `run:NODE` names. Raises ConfigError with those that there are."""
    if not directory.plan.exists():
        raise ConfigError("there is no plan yet", hint="'director plan' makes one")
    plan = read_plan(directory.plan)
    name = word.removeprefix("run:")
    node = plan.node(name)
    if node is None:
        raise ConfigError(f"there is no node '{name}'", hint=_instead(name, [entry.id for entry in plan.nodes]))
    return node


def _instead(name: str, nodes: list[str]) -> str:
    near = get_close_matches(name, nodes, n=1)
    return f"did you mean '{near[0]}'?" if near else f"the nodes are {listed(nodes, limit=20)}"
