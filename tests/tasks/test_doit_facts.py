"""What we rely on in doit 0.37 and its documentation does not promise."""

import io
from pathlib import Path
from typing import Any

import pytest
from doit.action import PythonAction
from doit.cmd_base import ModuleTaskLoader
from doit.cmd_run import Run
from doit.control import ExecNode, TaskControl, TaskDispatcher
from doit.dependency import Dependency, JSONCodec, JsonDB, MD5Checker
from doit.exceptions import InvalidTask, TaskFailed, UnmetDependency
from doit.reporter import ZeroReporter
from doit.runner import MThreadRunner
from doit.task import Task

from director.tasks.checker import ContentChecker


class RecordingDB(JsonDB):
    """A back end that remembers what was called."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calls: list[str] = []

    def set(self, task_id: str, dependency: str, value: Any) -> None:
        self.calls.append(f"set {dependency}")
        super().set(task_id, dependency, value)

    def remove(self, task_id: str) -> None:
        self.calls.append(f"remove {task_id}")
        super().remove(task_id)

    def dump(self) -> None:
        self.calls.append("dump")
        super().dump()


@pytest.fixture(autouse=True)
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("input").write_text("content")


def run(*tasks: Task, continue_: bool = True) -> tuple[int, list[str]]:
    """Run the tasks with doit's own thread runner; return its result and what the back end was asked."""
    for task in tasks:
        task.io.capture = False
    control = TaskControl(tasks)
    control.process(None)
    dependency = Dependency(RecordingDB, "doit.json")
    runner = MThreadRunner(dependency, ZeroReporter(io.StringIO(), {}), continue_=continue_, num_process=1)
    return runner.run_all(control.task_dispatcher()), dependency.backend.calls


def test_save_success_sets_the_list_of_inputs_last() -> None:
    _, calls = run(Task("a", [lambda: {"value": 1}], file_dep=["input"]))

    assert calls == ["set _values_:", "set result:", "set checker:", "set input", "set deps:", "dump"]


def test_ignoring_a_task_sets_one_key() -> None:
    dependency = Dependency(RecordingDB, "doit.json")

    dependency.ignore(Task("a", None))

    assert dependency.backend.calls == ["set ignore:"]


def test_a_changed_checker_removes_a_task_when_its_status_is_asked() -> None:
    task = Task("a", None, file_dep=["input"])
    dependency = Dependency(RecordingDB, "doit.json", ContentChecker)
    dependency.save_success(task)
    dependency.checker = MD5Checker()

    dependency.get_status(task, {})

    assert dependency.backend.calls[-1] == "remove a"


def test_a_back_end_gets_a_name_and_a_codec() -> None:
    seen: list[Any] = []

    def back_end(*args: Any, **kwargs: Any) -> JsonDB:
        seen.extend([args, kwargs])
        return JsonDB(*args, **kwargs)

    Dependency(back_end, "doit.json")

    assert seen[0] == ("doit.json",)
    assert isinstance(seen[1].pop("codec"), JSONCodec)
    assert seen[1] == {"module_name": None}


def test_a_class_is_accepted_as_checker() -> None:
    tasks = {
        "task_a": lambda: {"actions": [lambda: None], "file_dep": ["input"]},
        "DOIT_CONFIG": {"check_file_uptodate": ContentChecker, "backend": "json", "dep_file": "doit.json"},
    }

    Run(task_loader=ModuleTaskLoader(tasks), config={}).parse_execute(["--reporter", "zero"])

    saved = JsonDB("doit.json", JSONCodec())
    assert saved.get("a", "checker:") == "ContentChecker"
    assert len(saved.get("a", "input")) == 5


def test_a_command_uses_a_dependency_manager_that_it_was_given() -> None:
    command = Run(task_loader=ModuleTaskLoader({"task_a": lambda: {"actions": [lambda: None]}}), config={})
    command.dep_manager = Dependency(RecordingDB, "doit.json")

    command.parse_execute(["--reporter", "zero"])

    assert "set deps:" in command.dep_manager.backend.calls


def test_a_missing_input_with_a_missing_target_runs_the_action_first() -> None:
    ran: list[str] = []

    result, _ = run(Task("a", [lambda: ran.append("a")], file_dep=["missing"], targets=["target"]))

    assert ran == ["a"]
    assert result == 2


def test_an_edit_made_while_a_task_runs_is_swallowed() -> None:
    def task() -> Task:
        return Task("a", [lambda: Path("input").write_text("edited") and None], file_dep=["input"])

    run(task())
    _, calls = run(task())

    assert calls == ["dump"]


def test_a_dependent_of_a_failed_task_loses_its_saved_success() -> None:
    tasks = [Task("a", [lambda: False]), Task("b", [lambda: None], task_dep=["a"])]

    _, calls = run(*tasks)

    assert calls == ["remove a", "remove b", "dump"]


def test_a_task_that_failed_says_that_it_ran_and_one_that_was_not_started_does_not() -> None:
    failed, dependent = Task("a", [lambda: False]), Task("b", [lambda: None], task_dep=["a"])

    run(failed, dependent)

    assert failed.executed
    assert not dependent.executed


def test_without_continue_a_failure_in_selecting_does_not_keep_the_next_task_from_starting() -> None:
    ran: list[str] = []
    Path("target").write_text("there")
    missing = Task("a", [lambda: None], file_dep=["missing"], targets=["target"])

    run(missing, Task("b", [lambda: ran.append("b")]), continue_=False)

    assert ran == ["b"]


@pytest.mark.parametrize(("status", "attribute"), [("ignore", "ignored_deps"), ("failure", "bad_deps")])
def test_the_status_of_a_node_reaches_its_dependents(status: str, attribute: str) -> None:
    node, dependent = ExecNode(Task("a", None), None), ExecNode(Task("b", None), None)
    node.run_status = status

    dependent.parent_status(node)

    assert getattr(dependent, attribute) == [node]


def test_a_dependent_of_an_ignored_node_is_ignored_before_anything_else_is_looked_at() -> None:
    node = ExecNode(Task("b", None, file_dep=["missing"]), None)
    node.ignored_deps = node.bad_deps = [ExecNode(Task("a", None), None)]
    runner = MThreadRunner(Dependency(JsonDB, "doit.json"), ZeroReporter(io.StringIO(), {}))

    is_selected = runner.select_task(node, {})

    assert not is_selected
    assert node.run_status == "ignore"
    assert runner.final_result == 0


def test_a_dispatcher_takes_its_ready_nodes_from_an_attribute() -> None:
    control = TaskControl([Task("a", None), Task("b", None)])
    control.process(None)
    dispatcher = TaskDispatcher(control.tasks, control.targets, [])

    dispatcher.ready.append(dispatcher._gen_node(None, "b"))

    assert [node.task.name for node in dispatcher.generator] == ["b"]


def test_a_node_made_before_is_not_made_again() -> None:
    dispatcher = TaskDispatcher({"a": Task("a", None)}, {}, [])
    dispatcher._gen_node(None, "a")

    assert dispatcher._gen_node(None, "a") is None


@pytest.mark.parametrize("value", [True, None, "text", {"key": "value"}])
def test_an_action_succeeds_with(value: object) -> None:
    assert PythonAction(lambda: value).execute() is None


def test_a_failure_returned_by_an_action_is_handed_on_as_it_is() -> None:
    failure = TaskFailed("reason")

    assert PythonAction(lambda: failure).execute() is failure


def test_an_unmet_dependency_is_no_failed_task() -> None:
    assert not issubclass(UnmetDependency, TaskFailed)


def test_a_parameter_named_task_with_a_default_is_refused() -> None:
    def act(task: str = "mine") -> None: ...

    bound = Task("a", [act])

    with pytest.raises(InvalidTask):
        bound.options = {}
        bound.actions[0].execute()


def test_an_exception_in_a_status_check_aborts_the_whole_run() -> None:
    def check() -> bool:
        raise LookupError("broken")

    with pytest.raises(LookupError):
        run(Task("a", None, uptodate=[check]), Task("b", None))


def test_a_worker_that_exits_ends_the_whole_run() -> None:
    def leave() -> None:
        raise SystemExit(9)

    with pytest.raises(SystemExit):
        run(Task("a", [leave]), Task("b", None))
