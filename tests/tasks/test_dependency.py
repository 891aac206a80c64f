"""The baseline: what is saved are the inputs that the action could read."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doit.dependency import Dependency, JSONCodec, JsonDB, MD5Checker
from doit.task import Task

from director.artifacts.built import Built
from director.tasks.checker import REST_NANOSECONDS, ContentChecker
from director.tasks.claims import claim
from director.tasks.dependency import BaselineDependency
from director.tasks.journal import Journal


class RecordingJournal(Journal):
    """A journal that remembers the order in which keys were set."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys: list[str] = []

    def set(self, task_id: str, dependency: str, value: Any) -> None:
        self.keys.append(dependency)
        super().set(task_id, dependency, value)


@pytest.fixture(autouse=True)
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one").write_text("one")
    Path("two").write_text("two")


def opened() -> BaselineDependency:
    return BaselineDependency(RecordingJournal, "doit.db", ContentChecker)


def build(task: Task, act: Callable[[], object] = lambda: None) -> None:
    """Do what the runner does with a task that succeeds."""
    dependency = opened()
    dependency.take_baseline(task)
    act()
    dependency.save_success(task)
    dependency.close()


def status(task: Task) -> str:
    return str(opened().get_status(task, {}).status)


def node(**fields: Any) -> Task:
    return Task("node", [], file_dep=["one", "two"], **fields)


def test_a_built_task_is_up_to_date() -> None:
    build(node())

    assert status(node()) == "up-to-date"


def at_rest() -> None:
    """Wait until what was recorded can be told from its stat."""
    time.sleep(1.2 * REST_NANOSECONDS / 1e9)


@pytest.mark.parametrize(
    ("fields", "act", "expected"),
    [
        ({}, lambda: None, "up-to-date"),
        ({"uptodate": [True]}, lambda: None, "up-to-date"),
        ({"uptodate": [claim(lambda: True)]}, lambda: None, "up-to-date"),
        ({"uptodate": [claim(lambda: False)]}, lambda: None, "run"),
        ({"uptodate": [claim(lambda: True), lambda: False]}, lambda: None, "run"),
        ({"uptodate": [None]}, lambda: None, "up-to-date"),
        ({"uptodate": ["false"]}, lambda: None, "run"),
        ({"targets": ["two"]}, lambda: None, "up-to-date"),
        ({"targets": ["nowhere"]}, lambda: None, "run"),
        ({}, lambda: Path("one").write_text("eno"), "run"),
        ({}, lambda: Path("one").write_text("one"), "up-to-date"),
        ({}, lambda: Path("one").unlink(), "error"),
        ({}, lambda: (Path("one").unlink(), Path("one").mkdir()), "error"),
        ({"file_dep": ["one"]}, lambda: None, "run"),
        ({"file_dep": ["one", "two", "doit.db"]}, lambda: None, "run"),
    ],
)
def test_whether_a_task_is_up_to_date_is_what_doit_says(
    fields: dict[str, Any], act: Callable[[], object], expected: str
) -> None:
    at_rest()
    build(node())
    act()
    task, doits = (Task("node", [], **{"file_dep": ["one", "two"], **fields}) for _ in range(2))
    dependency = opened()

    assert dependency.get_status(task, {}).status == Dependency.get_status(dependency, doits, {}).status == expected
    assert sorted(task.dep_changed) == sorted(doits.dep_changed)


def test_who_looks_once_sees_no_later_edit() -> None:
    at_rest()
    build(node())
    dependency = opened()
    dependency.look_once()
    before = dependency.get_status(node(), {}).status
    Path("one").write_text("edited")

    assert before == dependency.get_status(node(), {}).status == "up-to-date"
    assert status(node()) == "run"


@pytest.mark.parametrize("state", [None, [], "state", ["", 3], ["x", "3", "0", "0", "0"], {"0": 1}])
def test_a_damaged_record_is_no_success(state: Any) -> None:
    at_rest()
    build(node())
    dependency = opened()
    dependency.backend.set("node", "one", state)

    assert dependency.get_status(node(), {}).status == "run"


def test_an_edit_made_while_the_task_runs_is_not_swallowed() -> None:
    build(node(), lambda: Path("one").write_text("edited"))

    assert status(node()) == "run"


def test_an_edit_that_was_undone_while_the_task_ran_does_not_count() -> None:
    build(node(), lambda: (Path("one").write_text("edited"), Path("one").write_text("one")))

    assert status(node()) == "up-to-date"


def test_a_file_that_the_task_rewrites_is_recorded_after_it() -> None:
    task = node(meta={"rewrites": [Path("one")]})

    build(task, lambda: Path("one").write_text("rewritten"))

    assert status(task) == "up-to-date"


def test_another_file_than_the_rewritten_one_is_recorded_before() -> None:
    task = node(meta={"rewrites": ["one", "elsewhere"]})

    build(task, lambda: Path("two").write_text("edited"))

    assert status(task) == "run"


def test_an_input_that_is_deleted_while_the_task_runs_does_not_lose_the_success() -> None:
    build(node(), Path("one").unlink)
    Path("one").write_text("one")

    assert status(node()) == "up-to-date"


def test_an_input_found_while_the_task_runs_is_recorded_after_it() -> None:
    task = Task("node", [], file_dep=["one"])

    build(task, lambda: task.file_dep.add("two"))

    assert status(node()) == "up-to-date"


def test_an_input_that_cannot_be_read_has_no_baseline() -> None:
    Path("one").unlink()

    with pytest.raises(FileNotFoundError):
        opened().take_baseline(node())


@pytest.mark.parametrize("result", [None, "", "text", {"key": "value"}])
@pytest.mark.parametrize("given_hash", [None, "given"])
def test_everything_that_doit_saves_is_saved(result: object, given_hash: str | None) -> None:
    task = node(meta={"weight": 2})
    task.result, task.values = result, {"value": 1}
    stock = Dependency(JsonDB, "stock.json", MD5Checker)
    stock.save_success(task, given_hash)
    ours = BaselineDependency(JsonDB, "ours.json", MD5Checker)

    ours.take_baseline(task)
    ours.save_success(task, given_hash)

    saved, expected = ours.backend._db["node"], stock.backend._db["node"]
    assert saved | {"deps:": set(saved["deps:"])} == expected | {"deps:": set(expected["deps:"])}


def test_the_list_of_inputs_is_set_last() -> None:
    dependency = opened()
    dependency.take_baseline(node())

    dependency.save_success(node())

    assert dependency.backend.keys[-1] == "deps:"
    assert dependency.backend.keys.count("deps:") == 1


def test_a_task_without_a_baseline_is_saved_as_doit_does() -> None:
    dependency = opened()

    dependency.save_success(node())

    assert status(node()) == "up-to-date"


def test_a_checker_that_keeps_quiet_about_an_unchanged_file_can_be_used() -> None:
    first = BaselineDependency(Journal, "doit.db", MD5Checker)
    first.take_baseline(node())
    first.save_success(node())
    second = BaselineDependency(Journal, "doit.db", MD5Checker)

    second.take_baseline(node())
    second.save_success(node())

    assert BaselineDependency(Journal, "doit.db", MD5Checker).get_status(node(), {}).status == "up-to-date"


def test_a_baseline_serves_one_success() -> None:
    dependency = opened()
    dependency.take_baseline(node())
    dependency.save_success(node())
    Path("one").write_text("edited")

    dependency.save_success(node())

    assert status(node()) == "up-to-date"


def test_a_lost_success_is_on_disk_at_once() -> None:
    build(node())

    opened().remove_success(node())

    assert not Journal("doit.db", JSONCodec()).in_("node")


def test_a_lost_success_can_be_recorded_in_a_back_end_of_doit() -> None:
    dependency = BaselineDependency(JsonDB, "doit.json", ContentChecker)
    dependency.save_success(node())

    dependency.remove_success(node())

    assert dependency.get_status(node(), {}).status == "run"


def kept() -> BaselineDependency:
    return BaselineDependency(Journal, "doit.db", ContentChecker, built=Built(Path("built")))


def build_and_keep(task: Task, act: Callable[[], object] = lambda: None) -> None:
    dependency = kept()
    dependency.take_baseline(task)
    act()
    dependency.save_success(task)
    dependency.close()


def copies() -> set[str]:
    return {path.read_text() for path in Path("built").iterdir()}


def test_what_a_task_was_built_from_can_be_read_after_an_edit() -> None:
    build_and_keep(node(), lambda: Path("one").write_text("edited"))

    assert Built(Path("built")).read(kept().saved_digest("node", "one")) == "one"
    assert copies() == {"one", "two"}


def test_a_copy_that_no_task_names_any_more_goes_with_the_next_one() -> None:
    build_and_keep(node())
    Path("one").write_text("edited")

    build_and_keep(node())

    assert copies() == {"edited", "two"}


def test_what_another_task_was_built_from_stays() -> None:
    build_and_keep(node())
    build_and_keep(Task("other", [], file_dep=["one"]))
    Path("one").write_text("edited")

    build_and_keep(Task("other", [], file_dep=["one"]))

    assert copies() == {"one", "edited", "two"}


def test_a_file_that_the_task_rewrites_is_kept_as_it_wrote_it() -> None:
    build_and_keep(node(meta={"rewrites": [Path("one")]}), lambda: Path("one").write_text("rewritten"))

    assert copies() == {"rewritten", "two"}


def test_a_task_that_is_built_again_from_the_same_writes_no_copy() -> None:
    build_and_keep(node())
    before = {path: path.stat() for path in Path("built").iterdir()}

    build_and_keep(node())

    assert {path: path.stat() for path in Path("built").iterdir()} == before
