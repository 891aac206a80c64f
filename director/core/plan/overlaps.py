"""Files that nodes of a plan would take from each other: found file by file, never pair of nodes by pair."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise

from director.core.graph import Dependencies
from director.core.plan.concurrency import Concurrency
from director.core.plan.node import Node
from director.core.plan.paths import folded
from director.core.words import listed, quoted

Claims = dict[str, dict[str, str]]
"""Folded path to the nodes that name the file, each with its own spelling of it."""


def find_overlaps(nodes: Sequence[Node], dependencies: Dependencies) -> list[str]:
    """Return a line for each file that nodes would take from each other, or from a locked test.

    `dependencies` has no cycle and names no node that is not there.
    """
    files = _claims((node.id, node.files) for node in nodes)
    tests = _claims((node.id, node.tests) for node in nodes)
    shared = [owners for owners in files.values() if len(owners) > 1]
    nested = _nested(files)
    watched = chain(*shared, *(files[path] for outer, inners in nested.items() for path in (outer, *inners)))
    concurrency = Concurrency(dependencies, watched=watched)
    return [
        *_spelled_twice(nodes),
        *_locked_files(files, tests),
        *_shared_tests(tests),
        *_blocked_tests(files, tests),
        *_shared_files(shared, concurrency),
        *_nested_files(files, nested, concurrency),
    ]


def _claims(named: Iterable[tuple[str, Iterable[str]]]) -> Claims:
    claims: Claims = defaultdict(dict)
    for node, paths in named:
        for path in paths:
            claims[folded(path)].setdefault(node, path)
    return dict(claims)


def _nested(claims: Claims) -> dict[str, list[str]]:
    """Return each claimed path that others are below, with those below it."""
    nested: dict[str, list[str]] = defaultdict(list)
    for inner in claims:
        for outer in _directories(inner):
            if outer in claims:
                nested[outer].append(inner)
    return nested


def _directories(path: str) -> Iterator[str]:
    place = path.find("/")
    while place >= 0:
        yield path[:place]
        place = path.find("/", place + 1)


def _spelled_twice(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        for field, paths in (("files", node.files), ("tests", node.tests)):
            first: dict[str, str] = {}
            for path in paths:
                known = first.setdefault(folded(path), path)
                if known != path:
                    yield f"node {quoted(node.id)}: {field}: {_spelled(known, path)} may be one file: name it once"


def _locked_files(files: Claims, tests: Claims) -> Iterator[str]:
    for path in files:
        for node, spelling in files[path].items() if path in tests else ():
            owner = node if node in tests[path] else next(iter(tests[path]))
            whose = "its own" if owner == node else f"node {quoted(owner)}'s"
            yield f"node {quoted(node)}: files: {quoted(spelling)} is one of {whose} tests, and locked: leave it out"


def _shared_tests(tests: Claims) -> Iterator[str]:
    for owners in tests.values():
        if len(owners) > 1:
            names = listed([quoted(owner) for owner in owners])
            yield f"nodes {names}: tests: share {_spelled(*owners.values())}: give each node test files of its own"


def _blocked_tests(files: Claims, tests: Claims) -> Iterator[str]:
    for inner in dict.fromkeys([*files, *tests]):
        for outer in _directories(inner):
            above = tests if outer in tests else files
            below = tests if inner in tests else files
            if outer in above and (above is tests or below is tests):
                yield _nesting(next(iter(above[outer].items())), next(iter(below[inner].items())))


def _shared_files(shared: Iterable[dict[str, str]], concurrency: Concurrency) -> Iterator[str]:
    # Neighbours in the order are enough: if each waits for the one before it, all of them stand in a row.
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for owners in shared:
        for one, other in pairwise(concurrency.in_order(owners)):
            if concurrency.first_at_once(one, concurrency.group([other])) is not None:
                found[one, other].append(_spelled(owners[one], owners[other]))
    for (one, other), paths in found.items():
        remedy = "make one depend on the other, or split the file" + "s" * (len(paths) > 1)
        yield f"nodes {quoted(one)} and {quoted(other)} both write {listed(paths)} and may run at once: {remedy}"


def _nested_files(files: Claims, nested: dict[str, list[str]], concurrency: Concurrency) -> Iterator[str]:
    for outer, inners in nested.items():
        group = concurrency.group(files[outer])
        for node, spelling in chain(*(files[inner].items() for inner in inners)):
            other = node if node in files[outer] else concurrency.first_at_once(node, group)
            if other is not None:
                yield _nesting((other, files[outer][other]), (node, spelling))


def _nesting(outer: tuple[str, str], inner: tuple[str, str]) -> str:
    nodes = f"node {quoted(outer[0])}" if outer[0] == inner[0] else f"nodes {quoted(outer[0])} and {quoted(inner[0])}"
    return f"{nodes}: {quoted(outer[1])} cannot be a file with {quoted(inner[1])} below it: rename one of them"


def _spelled(*spellings: str) -> str:
    return " and ".join(quoted(spelling) for spelling in dict.fromkeys(spellings))
