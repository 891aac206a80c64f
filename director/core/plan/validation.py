"""Whether a plan can be built: every problem at once, each with its remedy."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from pydantic import ValidationError

from director.core.cycles import find_cycles
from director.core.errors import PlanError
from director.core.plan.node import Node, Plan
from director.core.plan.overlaps import find_overlaps
from director.core.plan.paths import path_problem
from director.core.problems import describe_problems
from director.core.strictjson import read_json
from director.core.words import listed, quoted

MAX_COMPARISONS = 20_000
"""Ids are compared to suggest one only as often as this: beyond it the search would cost more than it helps."""
SHOWN_OF_CYCLE = 10
"""Ids of a cycle that its problem names."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ID_REMEDY = (
    "use 1 to 64 letters, digits, '-' and '_', the first a letter or a digit, and no name that Windows reserves"
)


@lru_cache(maxsize=1)  # the graph asks for the same text again and again, and to validate it takes time
def parse_plan(text: str, *, source: str) -> Plan:
    """Read a plan that can be built from strict JSON; `source` is what a person calls the text."""
    hint = f"correct {source}"
    try:
        read_json(text)
        plan = Plan.model_validate_json(text)
    except ValidationError as error:
        raise PlanError(f"{source} holds no plan", problems=describe_problems(error), hint=hint) from error
    except ValueError as error:
        raise PlanError(f"{source} is not strict JSON", problems=[str(error)], hint=hint) from error
    check_plan(plan, source=source)
    return plan


def check_plan(plan: Plan, *, source: str) -> None:
    """Raise PlanError with every problem of a plan that cannot be built."""
    if problems := find_problems(plan):
        hint = f"correct {source}: every line ends in what to do"
        raise PlanError(f"{source} holds a plan that cannot be built", problems=problems, hint=hint)


def find_problems(plan: Plan) -> list[str]:
    """Return every problem of a plan, one line each: the nodes, the field and the remedy."""
    nodes = plan.nodes
    if not nodes:
        return ["nodes: the plan has none: write at least one node"]
    ids = {node.id for node in nodes}
    dependencies: dict[str, list[str]] = {node.id: [] for node in nodes}
    for node in nodes:
        dependencies[node.id] += [needed for needed in node.depends_on if needed in ids and needed != node.id]
    acyclic, cycles = _break_cycles(dependencies)
    return [
        *_id_problems(nodes),
        *(problem for node in nodes for problem in _field_problems(node)),
        *_dependency_problems(nodes, ids),
        *cycles,
        *find_overlaps(nodes, acyclic),
    ]


def _id_problems(nodes: Sequence[Node]) -> Iterator[str]:
    same: dict[str, list[int]] = defaultdict(list)
    for place, node in enumerate(nodes):
        same[node.id].append(place)
        if not _ID.fullmatch(node.id) or _RESERVED.fullmatch(node.id):
            yield f"node {quoted(node.id)}: id: cannot name files and refs: {_ID_REMEDY}"
    alike: dict[str, list[str]] = defaultdict(list)
    for name, places in same.items():
        alike[name.casefold()].append(quoted(name))
        if len(places) > 1:
            where = listed([f"nodes[{place}]" for place in places])
            yield f"{where}: id: {quoted(name)} is given to each of them: give every node its own id"
    for names in alike.values():
        if len(names) > 1:
            yield f"nodes {listed(names)}: id: differ only in case: give every node its own id"


def _field_problems(node: Node) -> Iterator[str]:
    name = f"node {quoted(node.id)}"
    for field, is_wrong, problem in (
        ("title", _CONTROL.search(node.title), "holds a line break or control character: write one line"),
        ("spec", not node.spec.strip(), "is empty: say what to do, readable with no other context"),
        ("test_cmd", not node.test_cmd.strip(), "is empty: give the shell command that runs the node's tests"),
        ("test_cmd", "\0" in node.test_cmd, "holds a NUL character: take it out"),
        ("files", not node.files, "is empty: name each file that the executor may change"),
        ("tests", not node.tests, "is empty: name the test files that decide"),
    ):
        if is_wrong:
            yield f"{name}: {field}: {problem}"
    for field, paths in (("files", node.files), ("tests", node.tests)):
        for path in dict.fromkeys(paths):
            if found := path_problem(path):
                yield f"{name}: {field}: {quoted(path)} {found}"


def _dependency_problems(nodes: Sequence[Node], ids: set[str]) -> Iterator[str]:
    unknown = {needed for node in nodes for needed in node.depends_on if needed not in ids}
    remedies = _suggestions(unknown, ids) if len(unknown) * len(ids) <= MAX_COMPARISONS else {}
    for node in nodes:
        for needed in dict.fromkeys(node.depends_on):
            if needed == node.id:
                yield f"node {quoted(node.id)}: depends_on: names the node itself: leave it out"
            elif needed not in ids:
                remedy = remedies.get(needed, "name a node of the plan, or leave it out")
                yield f"node {quoted(node.id)}: depends_on: there is no node {quoted(needed)}: {remedy}"


def _suggestions(unknown: Iterable[str], ids: Iterable[str]) -> dict[str, str]:
    spelled = {name.casefold(): name for name in sorted(ids)}
    close = {name: difflib.get_close_matches(name.casefold(), spelled, n=1) for name in unknown}
    return {name: f"did you mean {quoted(spelled[found[0]])}?" for name, found in close.items() if found}


def _break_cycles(dependencies: Mapping[str, Sequence[str]]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the dependencies without the last step of each cycle, and a line for each cycle."""
    closing, problems = set(), []
    for cycle in find_cycles(dependencies):
        closing.add((cycle[-2], cycle[-1]))
        problems.append(f"nodes {_shown(cycle)}: depends_on: each waits for the next: leave one of these out")
    acyclic = {
        name: [needed for needed in names if (name, needed) not in closing] for name, names in dependencies.items()
    }
    return acyclic, problems


def _shown(cycle: Sequence[str]) -> str:
    left_out = len(cycle) - SHOWN_OF_CYCLE
    shown = cycle if left_out <= 0 else [*cycle[: SHOWN_OF_CYCLE - 2], *cycle[-2:]]
    names = [name if _ID.fullmatch(name) else quoted(name) for name in shown]
    if left_out > 0:
        names.insert(-2, f"... {left_out} more ...")
    return " -> ".join(names)
