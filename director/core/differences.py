"""What differs between what something was built from and what is there now: the first place of it, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from director.core.amounts import counted
from director.core.plan.node import Node, Plan
from director.core.words import listed, quoted

WIDTH = 60
"""Characters of a line that are shown."""
_BEFORE = 30
"""How many of them stand before the first that differs, if the line is longer."""
_FIELDS = {
    "spec": "the spec",
    "files": "the files",
    "depends_on": "what it depends on",
    "test_cmd": "the test command",
    "tests": "the test files",
    "title": "the title",
    "estimated_difficulty": "the difficulty",
}


@dataclass(frozen=True)
class LineChange:
    """The first line that differs."""

    line: int
    """In the text as it is now, from 1."""
    said: str


@dataclass(frozen=True)
class FieldChange:
    """A field of a node that differs."""

    node: str
    field: str
    """Empty where the whole node is new or gone."""
    said: str


def first_difference(before: str, now: str) -> LineChange | None:
    """Return the first line that differs between two texts; None if they differ in the ends of lines alone."""
    old, new = before.splitlines(), now.splitlines()
    start = _same(old, new)
    rest_of_old, rest_of_new = old[start:], new[start:]
    if not rest_of_old and not rest_of_new:
        return None
    end = _same(rest_of_old[::-1], rest_of_new[::-1])
    changed_old, changed_new = (rest[: len(rest) - end] for rest in (rest_of_old, rest_of_new))
    return LineChange(max(1, min(start + 1, len(new))), _said(changed_old, changed_new))


def node_changes(before: Node, now: Node) -> Iterator[FieldChange]:
    """Yield each field of a node that differs."""
    for field, name in _FIELDS.items():
        old, new = getattr(before, field), getattr(now, field)
        if old != new:
            said = _text_change(name, old, new) if isinstance(old, str) else f"{name}: {_list_change(old, new)}"
            yield FieldChange(now.id, field, said)


def plan_change(before: Plan, now: Plan) -> FieldChange | None:
    """Return the first change of a plan, and how many more nodes differ; None if its nodes are the same."""
    old, new = ({node.id: node for node in plan.nodes} for plan in (before, now))
    changes = [_planned_change(old.get(name), node) for name, node in new.items() if old.get(name) != node]
    changes += [FieldChange(name, "", f"node {quoted(name)} is gone") for name in old if name not in new]
    if not changes:
        return None
    first, more = changes[0], len(changes) - 1
    return FieldChange(first.node, first.field, first.said + (f", and {counted(more, 'more node')}" if more else ""))


def _planned_change(before: Node | None, now: Node) -> FieldChange:
    if before is None:
        return FieldChange(now.id, "", f"node {quoted(now.id)} is new")
    first = next(node_changes(before, now), FieldChange(now.id, "", "it is written in another way"))
    return FieldChange(now.id, first.field, f"{quoted(now.id)}: {first.said}")


def _text_change(name: str, before: str, now: str) -> str:
    found = first_difference(before, now)
    if found is None:
        return f"{name}: its line breaks"
    line = f", line {found.line}" if "\n" in before + now else ""
    return f"{name}{line}: {found.said}"


def _list_change(before: tuple[str, ...], now: tuple[str, ...]) -> str:
    said = [f"{quoted(name)} is new" for name in now if name not in before]
    said += [f"{quoted(name)} is gone" for name in before if name not in now]
    return listed(said) or "their order"


def _said(before: list[str], now: list[str]) -> str:
    if not before:
        return f"{_shown(now[0])} is new"
    if not now:
        return f"{_shown(before[0])} is gone"
    start = _start(before[0], now[0])
    return f"{_shown(before[0], start)} is now {_shown(now[0], start)}"


def _start(before: str, now: str) -> int:
    """Return from where two lines are shown: some words before they differ, if they are long."""
    same = _same(before, now)
    if max(len(before), len(now)) <= WIDTH or same <= _BEFORE:
        return 0
    return before.find(" ", same - _BEFORE, same) + 1 or same - _BEFORE


def _shown(line: str, start: int = 0) -> str:
    end = start + WIDTH
    return quoted(f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}")


def _same(before: list[str] | str, now: list[str] | str) -> int:
    """Return how much two sequences have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, now, strict=False)))
