"""A plan made anew over an old one: what did not change keeps its id and its very words, and is not built again.

Who copies a plan by hand or by model moves blanks, orders lists otherwise and finds better names. None of that is a
change of the work.
"""

from collections.abc import Mapping
from typing import Any

from director.core.plan.node import Node, Plan, PlannedNode


def keep_words(plan: Plan, old: Plan) -> Plan:
    """Return a plan that says with an old one's ids and words whatever it says otherwise in words only."""
    names = _former_names(plan, old)
    renamed = [_renamed(node, names) for node in plan.nodes]
    known = {node.id: node for node in old.nodes}
    return Plan(nodes=tuple(_in_words_of(known[node.id], node) if node.id in known else node for node in renamed))


def _former_names(plan: Plan, old: Plan) -> dict[str, str]:
    """Return the new ids of old nodes whose work is still asked for, to the letter, but under another name."""
    here = {node.id.casefold() for node in plan.nodes}
    gone = {node.work_digest(): node.id for node in old.nodes if node.id.casefold() not in here}
    there = {node.id for node in old.nodes}
    digests = {node.id: node.work_digest() for node in plan.nodes if node.id not in there}
    return {name: gone[work] for name, work in digests.items() if work in gone}


def _renamed(node: PlannedNode, names: Mapping[str, str]) -> PlannedNode:
    needed = tuple(names.get(name, name) for name in node.depends_on)
    return node.model_copy(update={"id": names.get(node.id, node.id), "depends_on": needed})


def _in_words_of(old: Node, node: PlannedNode) -> PlannedNode:
    fields = {name: (getattr(old, name), getattr(node, name)) for name in Node.model_fields}
    return node.model_copy(update={name: was for name, (was, now) in fields.items() if _is_alike(was, now)})


def _is_alike(was: Any, now: Any) -> bool:
    if isinstance(was, tuple):
        return sorted(was) == sorted(now)
    return _essence(was) == _essence(now)


def _essence(text: str) -> list[str]:
    """Return the lines of a text without blank ones and without blanks at their ends; how they begin may matter."""
    return [line.rstrip() for line in text.strip().splitlines() if line.strip()]
