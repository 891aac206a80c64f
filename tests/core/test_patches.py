"""The key under which a node's work is kept, and what is believed of a patch."""

from typing import Any

import pytest

from director.core.calls import CallRecord
from director.core.patches import KeptPatch, Patch, last_ladder, patch_key, patch_problem, read_patch, to_prune
from director.core.plan.node import Node
from tests.job.jobs import record

NODE = Node(id="a", title="First", spec="Do it.", files=("a.py",), test_cmd="test", tests=("test_a.py",))
MADE: dict[str, Any] = {
    "key": "0" * 64,
    "files": {"a.py": {"content": b"1\n"}},
    "node": "a",
    "job": "j",
    "base": "0" * 40,
    "place": "here",
    "backend": "command",
    "model": "mine/coder",
    "made": "2026-01-02T03:04:05+00:00",
}
PATCH = Patch.model_validate(MADE)


def key(node: Node = NODE, **more: Any) -> str:
    known: dict[str, Any] = {"tests": {"test_a.py": "b1"}, "files": {"a.py": None}, "given": {"b": {"b.py": "b2"}}}
    return patch_key(node, **known | more)


@pytest.mark.parametrize("same", [{"id": "x"}, {"title": "Other"}, {"estimated_difficulty": "hard"}])
def test_what_a_node_is_called_does_not_matter(same: dict[str, Any]) -> None:
    assert key(NODE.model_copy(update=same)) == key()


def test_what_its_dependencies_are_called_does_not_matter() -> None:
    assert key(given={"other": {"b.py": "b2"}}) == key()


@pytest.mark.parametrize(
    "other",
    [{"spec": "Do more."}, {"files": ("a.py", "c.py")}, {"test_cmd": "test -v"}, {"tests": ("test_b.py",)}],
)
def test_what_is_asked_for_does(other: dict[str, Any]) -> None:
    assert key(NODE.model_copy(update=other)) != key()


@pytest.mark.parametrize(
    "other",
    [
        {"tests": {"test_a.py": "b9"}},
        {"files": {"a.py": "b9"}},
        {"given": {"b": {"b.py": "b9"}}},
        {"given": {"b": {"b.py": None}}},
        {"given": {}},
        {"given": {"b": {"b.py": "b2"}, "c": {"c.py": "b3"}}},
    ],
)
def test_the_contents_that_it_is_made_from_do(other: dict[str, Any]) -> None:
    assert key(**other) != key()


def test_a_patch_is_read_as_it_was_written() -> None:
    odd = PATCH.model_copy(
        update={"files": Patch.model_validate(MADE | {"files": {"a": {"content": b"\xff\0"}}}).files}
    )

    assert read_patch(odd.model_dump_json().encode(), PATCH.key) == odd


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        PATCH.model_dump_json().replace("100644", "120000").encode(),
        PATCH.model_dump_json().replace("100644", "160000").encode(),
        PATCH.model_dump_json().replace('"version":1', '"version":2').encode(),
        PATCH.model_dump_json().replace('"cost_usd":0.0', '"cost_usd":-1').encode(),
        PATCH.model_dump_json().replace('"node":"a"', '"node":"a","more":1').encode(),
        PATCH.model_copy(update={"files": {}}).model_dump_json().encode(),
        PATCH.model_copy(update={"key": "1" * 64}).model_dump_json().encode(),
        PATCH.model_copy(update={"title": "x" * 1000}).model_dump_json().encode(),
        PATCH.model_dump_json().encode() + b" " * 9_000_000,
    ],
)
def test_what_does_not_fit_is_no_patch(data: bytes) -> None:
    assert read_patch(data, PATCH.key) is None


@pytest.mark.parametrize("path", ["b.py", "test_a.py", "../a.py", ".git/hooks/post-checkout", "/etc/passwd", "a.py/b"])
def test_a_patch_that_changes_what_the_node_may_not_is_told(path: str) -> None:
    patch = PATCH.model_copy(update={"files": PATCH.files | {path: None}})

    assert path in (patch_problem(patch, allowed=("a.py",), tests=("test_a.py",)) or "")
    assert patch_problem(PATCH, allowed=("a.py",), tests=("test_a.py",)) is None


def test_a_locked_test_is_never_changed_though_it_is_allowed() -> None:
    assert patch_problem(PATCH, allowed=("a.py",), tests=("a.py",)) == "it changes what the node may not: 'a.py'"


def calls(*attempts: int) -> list[CallRecord]:
    return [record(attempt=attempt, id=str(place)) for place, attempt in enumerate(attempts)]


@pytest.mark.parametrize(
    ("attempts", "last"), [([], []), ([1], [1]), ([1, 2, 2, 3], [1, 2, 2, 3]), ([1, 2, 3, 1, 2], [1, 2])]
)
def test_the_last_ladder_begins_where_attempts_are_counted_anew(attempts: list[int], last: list[int]) -> None:
    made = calls(*attempts)

    assert last_ladder(made) == made[len(made) - len(last) :]


def test_what_was_not_used_for_longest_goes_first() -> None:
    kept = [KeptPatch(key=name, bytes=40, hits=0, used=used) for name, used in {"a": 3.0, "b": 1.0, "c": 2.0}.items()]

    assert to_prune(kept, max_bytes=200) == []
    assert to_prune(kept, max_bytes=100) == ["b"]
    assert to_prune(kept, max_bytes=0) == ["a", "c", "b"]
    assert to_prune(kept, max_bytes=200, since=2.5) == ["c", "b"]
