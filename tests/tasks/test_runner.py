"""The runner and the outcomes: what runs, what is skipped, what is remembered, and the exit code that follows."""

import io
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from doit.control import TaskControl
from doit.dependency import JSONCodec
from doit.exceptions import InvalidTask, TaskError, TaskFailed
from doit.reporter import ConsoleReporter
from doit.task import DelayedLoader, Task
from hypothesis import given, settings
from hypothesis import strategies as st

from director.core.errors import (
    AgentError,
    ConfigError,
    DirectorError,
    ExitCode,
    Interrupted,
    JobLocked,
    LimitReached,
    Paused,
    PlanError,
    StageFailed,
)
from director.tasks.checker import ContentChecker
from director.tasks.dependency import BaselineDependency
from director.tasks.dispatcher import CriticalPathDispatcher
from director.tasks.journal import Journal
from director.tasks.outcomes import (
    Bug,
    Failed,
    LimitHit,
    Misconfigured,
    Outcome,
    PausedForApproval,
    Stopped,
    action,
    outcome_of,
    outcome_of_fail,
    overall,
)
from director.tasks.runner import GraphRunner


class Reporter:
    """A reporter that keeps one line for each thing it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add_failure(self, task: Task, fail: Outcome) -> None:
        self.lines.append(f"{task.name} {fail.get_name()}: {fail.message}")

    def add_success(self, task: Task) -> None:
        self.lines.append(f"{task.name} done")

    def skip_uptodate(self, task: Task) -> None:
        self.lines.append(f"{task.name} up to date")

    def skip_ignore(self, task: Task) -> None:
        self.lines.append(f"{task.name} skipped")

    def paused(self, task: Task, outcome: PausedForApproval) -> None:
        self.lines.append(f"{task.name} paused: {outcome.message}")

    def waiting(self, task: Task, names: Sequence[str]) -> None:
        self.lines.append(f"{task.name} waits for {' '.join(names)}")

    def runtime_error(self, message: str) -> None:
        self.lines.append(f"error: {message}")

    def get_status(self, task: Task) -> None: ...
    def execute_task(self, task: Task) -> None: ...
    def complete_run(self) -> None: ...


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("input").write_text("content")


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def node(name: str, act: Callable[[], Any] = lambda: None, **fields: Any) -> Task:
    """A task of ours: its action never raises."""
    return Task(name, [action(act)], io={"capture": False}, **fields)


def foreign(name: str, act: Callable[[], Any], **fields: Any) -> Task:
    """A task of somebody else, in the user's dodo.py."""
    return Task(name, [act], io={"capture": False}, **fields)


def run(*tasks: Task, reporter: Any = None, workers: int = 1, continue_: bool = True, **options: Any) -> GraphRunner:
    control = TaskControl(tasks)
    control.process(None)
    dependency = BaselineDependency(Journal, "doit.db", ContentChecker)
    runner = GraphRunner(dependency, reporter or Reporter(), continue_, num_process=workers, **options)
    runner.run_all(CriticalPathDispatcher(control.tasks, control.targets, control.selected_tasks))
    return runner


def is_remembered(name: str) -> bool:
    return Journal("doit.db", JSONCodec()).in_(name)


def test_a_graph_that_succeeds_is_done() -> None:
    runner = run(node("b", task_dep=["a"]), node("a"))

    assert runner.reporter.lines == ["a done", "b done"]
    assert runner.exit_code is ExitCode.DONE
    assert runner.outcomes == []


def test_what_was_built_is_not_built_again() -> None:
    run(node("a", file_dep=["input"]))

    runner = run(node("a", file_dep=["input"]))

    assert runner.reporter.lines == ["a up to date"]


def test_an_edit_made_while_a_task_runs_is_built_by_the_next_run() -> None:
    run(node("a", lambda: Path("input").write_text("edited"), file_dep=["input"]))

    assert run(node("a", file_dep=["input"])).reporter.lines == ["a done"]
    assert run(node("a", file_dep=["input"])).reporter.lines == ["a up to date"]


def test_no_workers_means_one() -> None:
    assert run(node("a"), workers=0).reporter.lines == ["a done"]


def test_tasks_run_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=10)

    runner = run(node("a", meeting.wait), node("b", meeting.wait), node("c", meeting.wait), workers=3)

    assert runner.exit_code is ExitCode.DONE


def test_a_missing_input_fails_the_task_before_its_action() -> None:
    ran: list[str] = []
    task = node("a", lambda: ran.append("a"), file_dep=["gone", "lost", "input"], targets=["target"])

    runner = run(task)

    assert ran == []
    assert runner.reporter.lines == [
        "a Failed: 'a' cannot start: 'gone': no such file or directory; 'lost': no such file or directory"
    ]
    assert runner.exit_code is ExitCode.FAILED


def test_a_missing_input_is_told_in_the_same_words_when_the_target_is_there() -> None:
    Path("target").write_text("there")

    runner = run(node("a", file_dep=["gone"], targets=["target"]))

    assert runner.reporter.lines == ["a Failed: 'a' cannot start: 'gone': no such file or directory"]


@pytest.mark.parametrize("targets", [[], ["target"]])
def test_a_directory_as_input_fails_only_its_task(targets: list[str]) -> None:
    Path("directory").mkdir()

    runner = run(node("a", file_dep=["directory"], targets=targets), node("b"))

    assert runner.reporter.lines == ["a Failed: 'a' cannot start: 'directory': not a file", "b done"]


def test_an_input_that_vanishes_while_it_is_looked_at_fails_only_its_task() -> None:
    def vanish() -> bool:
        raise FileNotFoundError(2, "No such file or directory", "fleeting")

    runner = run(node("a", uptodate=[vanish]), node("b"))

    assert runner.reporter.lines == ["a Failed: 'a' cannot start: 'fleeting': no such file or directory", "b done"]


def test_an_expected_error_in_a_status_check_fails_only_its_task() -> None:
    runner = run(node("a", uptodate=[raising(ConfigError("bad key 'x'"))]), node("b"))

    assert runner.reporter.lines == ["a Misconfigured: bad key 'x'", "b done"]


def test_a_task_whose_input_was_missing_for_a_while_is_not_built_again() -> None:
    run(node("a", file_dep=["input"]))
    Path("input").rename("elsewhere")
    run(node("a", file_dep=["input"]))
    Path("elsewhere").rename("input")

    runner = run(node("a", file_dep=["input"]))

    assert runner.reporter.lines == ["a up to date"]


def test_what_depends_on_a_failure_waits_and_the_rest_goes_on() -> None:
    tasks = [
        node("a", raising(StageFailed("red"))),
        node("b", task_dep=["a"]),
        node("c", task_dep=["b"]),
        node("d"),
    ]

    runner = run(*tasks)

    assert runner.reporter.lines == ["a Failed: red", "b waits for a", "c waits for b", "d done"]
    assert [type(outcome) for outcome in runner.outcomes] == [Failed]
    assert runner.exit_code is ExitCode.FAILED


def test_what_waits_for_a_failure_keeps_its_saved_success() -> None:
    dependent = partial(node, "b", file_dep=["input"], task_dep=["a"])
    run(node("a", file_dep=["input"]), dependent())
    run(node("a", raising(StageFailed("red")), uptodate=[False]), dependent())

    runner = run(node("a", file_dep=["input"]), dependent())

    assert runner.reporter.lines == ["a done", "b up to date"]


def test_a_failed_task_loses_its_saved_success() -> None:
    run(node("a", file_dep=["input"]))
    run(node("a", raising(StageFailed("red")), file_dep=["input"], uptodate=[False]))

    assert not is_remembered("a")


@pytest.mark.parametrize("error", [Interrupted("stop"), LimitReached("limit"), Paused("approve")])
def test_a_task_that_was_held_up_keeps_its_saved_success(error: DirectorError) -> None:
    run(node("a", file_dep=["input"]))
    run(node("a", raising(error), file_dep=["input"], uptodate=[False]))

    assert run(node("a", file_dep=["input"])).reporter.lines == ["a up to date"]


def test_without_continue_nothing_starts_after_a_failure() -> None:
    runner = run(node("a", raising(StageFailed("red"))), node("b"), continue_=False)

    assert runner.reporter.lines == ["a Failed: red"]
    assert runner.exit_code is ExitCode.FAILED


def test_without_continue_nothing_starts_after_a_missing_input() -> None:
    first = node("a", file_dep=["gone"], meta={"weight": 9})
    tasks = [first, node("b", setup=["prepare"]), node("c"), node("prepare")]

    runner = run(*tasks, continue_=False, workers=2)

    assert runner.reporter.lines == ["a Failed: 'a' cannot start: 'gone': no such file or directory"]


def test_a_pause_skips_what_depends_on_it_and_the_rest_goes_on() -> None:
    tasks = [
        node("gate", raising(Paused("approve 'spec.md'"))),
        node("b", task_dep=["gate"]),
        node("c", task_dep=["b"]),
        node("d"),
    ]

    runner = run(*tasks, continue_=False)

    assert runner.reporter.lines == ["gate paused: approve 'spec.md'", "b skipped", "c skipped", "d done"]
    assert runner.exit_code is ExitCode.WAITING
    assert runner.final_result == 0


def test_a_paused_task_runs_again() -> None:
    run(node("gate", raising(Paused("approve")), file_dep=["input"]))

    assert run(node("gate", file_dep=["input"])).reporter.lines == ["gate done"]


def test_a_failure_weighs_more_than_a_pause() -> None:
    runner = run(node("gate", raising(Paused("approve"))), node("b", raising(StageFailed("red"))))

    assert runner.exit_code is ExitCode.FAILED


def test_a_limit_leaves_it_to_the_other_tasks_whether_they_need_a_call() -> None:
    tasks = [node("a", raising(LimitReached("4 dollars spent"))), node("b"), node("c", task_dep=["a"])]

    runner = run(*tasks, continue_=False)

    assert runner.reporter.lines == ["a LimitHit: 4 dollars spent", "b done", "c waits for a"]
    assert runner.exit_code is ExitCode.LIMIT


def test_nothing_starts_after_a_stop() -> None:
    runner = run(node("a", raising(Interrupted("stopped"))), node("b"))

    assert runner.reporter.lines == ["a Stopped: stopped"]
    assert runner.exit_code is ExitCode.INTERRUPTED


def test_a_signal_that_does_not_wake_the_main_thread_is_handled_while_it_waits() -> None:
    handled = threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda number, frame: handled.set())

    def act() -> None:
        time.sleep(0.2)  # until the main thread waits
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)  # comes here, not to the main thread
        assert handled.wait(10)

    try:
        assert run(node("a", act)).exit_code is ExitCode.DONE
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_what_runs_at_the_time_of_a_stop_is_still_recorded() -> None:
    told = threading.Event()
    reporter = Reporter()
    reporter.add_failure = lambda task, fail: told.set()  # type: ignore[method-assign]
    tasks = [node("a", raising(Interrupted("stopped"))), node("b", lambda: told.wait(10), file_dep=["input"])]

    runner = run(*tasks, node("c"), reporter=reporter, workers=2)

    assert runner.reporter.lines == ["b done"]
    assert is_remembered("b")


def test_a_bug_in_a_task_is_reported_with_its_traceback_and_the_rest_goes_on() -> None:
    runner = run(node("a", raising(LookupError("surprise"))), node("b"))

    assert "LookupError: surprise" in runner.outcomes[0].message
    assert "in act\n    raise error" in runner.outcomes[0].message
    assert runner.reporter.lines[-1] == "b done"
    assert runner.exit_code is ExitCode.BUG


@pytest.mark.parametrize("error", [SystemExit(9), GeneratorExit(), BaseException("base")])
@pytest.mark.parametrize("make", [node, foreign])
def test_a_worker_survives_whatever_an_action_raises(make: Callable[..., Task], error: BaseException) -> None:
    runner = run(make("a", raising(error)), node("b"))

    assert [type(outcome) for outcome in runner.outcomes] == [Bug]
    assert runner.reporter.lines[-1] == "b done"


def test_a_foreign_task_that_fails_or_raises_is_a_failure() -> None:
    runner = run(foreign("a", lambda: False), foreign("b", raising(ValueError("theirs"))))

    assert [type(outcome) for outcome in runner.outcomes] == [Failed, Failed]
    assert "ValueError: theirs" in runner.outcomes[1].message
    assert runner.exit_code is ExitCode.FAILED


def test_an_argument_from_a_task_that_gives_none_is_a_failure() -> None:
    runner = run(node("a"), node("b", getargs={"value": ("a", "key")}))

    assert runner.reporter.lines[0] == "a done"
    assert "Invalid arg name" in runner.outcomes[0].message


def test_an_invalid_task_of_a_delayed_creator_is_a_usage_error() -> None:
    def create() -> Any:
        raise InvalidTask("not a task")

    runner = run(Task("delayed", None, loader=DelayedLoader(create)))

    assert runner.reporter.lines == ["error: not a task"]
    assert runner.exit_code is ExitCode.USAGE


def test_a_reporter_of_doit_can_be_used() -> None:
    output = io.StringIO()
    tasks = [
        node("gate", raising(Paused("approve"))),
        node("a", raising(StageFailed("red"))),
        node("b", task_dep=["a"]),
        node("c", task_dep=["gate"]),
    ]

    run(*tasks, reporter=ConsoleReporter(output, {}))

    assert "Failed - taskid:a\nred\n" in output.getvalue()
    assert "UnmetDependency - taskid:b\na\n" in output.getvalue()
    assert "!! c\n" in output.getvalue()


def test_always_execute_runs_what_is_up_to_date() -> None:
    run(node("a", file_dep=["input"]))

    assert run(node("a", file_dep=["input"]), always_execute=True).reporter.lines == ["a done"]


def test_a_setup_task_runs_first_and_only_when_needed() -> None:
    def tasks() -> list[Task]:
        return [node("a", file_dep=["input"], setup=["prepare"]), node("prepare", file_dep=["input"])]

    assert run(*tasks()).reporter.lines[-1] == "a done"
    assert "a up to date" in run(*tasks()).reporter.lines


def test_a_chain_is_built_in_order_by_many_workers() -> None:
    names = [str(number) for number in range(1_000)]
    tasks = [node("0"), *[node(str(number), task_dep=[str(number - 1)]) for number in range(1, 1_000)]]

    runner = run(*reversed(tasks), workers=8)

    assert runner.reporter.lines == [f"{name} done" for name in names]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 10), st.integers(1, 4), st.randoms(use_true_random=False))
def test_every_task_runs_once_after_its_dependencies(size: int, workers: int, random: Any) -> None:
    needed = {f"t{n}": [f"t{m}" for m in range(n) if random.random() < 0.3] for n in range(size)}
    ends: list[str] = []
    early: list[str] = []

    def act(name: str) -> None:
        early.extend(set(needed[name]) - set(ends))
        ends.append(name)

    tasks = [node(name, partial(act, name), task_dep=task_dep) for name, task_dep in needed.items()]
    random.shuffle(tasks)
    with TemporaryDirectory() as directory:
        dependency = BaselineDependency(Journal, f"{directory}/doit.db", ContentChecker)
        control = TaskControl(tasks)
        control.process(None)
        runner = GraphRunner(dependency, Reporter(), num_process=workers)
        runner.run_all(CriticalPathDispatcher(control.tasks, control.targets, control.selected_tasks))

    assert sorted(ends) == sorted(needed)
    assert early == []


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 10), st.integers(1, 4), st.randoms(use_true_random=False))
def test_every_task_is_told_about_once_however_the_others_end(size: int, workers: int, random: Any) -> None:
    errors = [None, StageFailed("red"), Paused("approve"), LimitReached("limit"), ConfigError("bad"), SystemExit()]
    tasks = []
    for number in range(size):
        error = random.choice(errors)
        needed = [f"t{other}" for other in range(number) if random.random() < 0.3]
        tasks.append(node(f"t{number}", raising(error) if error else lambda: None, task_dep=needed))
    with TemporaryDirectory() as directory:
        dependency = BaselineDependency(Journal, f"{directory}/doit.db", ContentChecker)
        control = TaskControl(tasks)
        control.process(None)
        runner = GraphRunner(dependency, Reporter(), True, num_process=workers)
        runner.run_all(CriticalPathDispatcher(control.tasks, control.targets, control.selected_tasks))

    assert sorted(line.split()[0] for line in runner.reporter.lines) == sorted(task.name for task in tasks)


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (Paused("x"), PausedForApproval, ExitCode.WAITING),
        (LimitReached("x"), LimitHit, ExitCode.LIMIT),
        (Interrupted("x"), Stopped, ExitCode.INTERRUPTED),
        (KeyboardInterrupt("x"), Stopped, ExitCode.INTERRUPTED),
        (ConfigError("x"), Misconfigured, ExitCode.USAGE),
        (PlanError("x", problems=[]), Misconfigured, ExitCode.USAGE),
        (AgentError("x"), Failed, ExitCode.FAILED),
        (StageFailed("x"), Failed, ExitCode.FAILED),
        (JobLocked("x"), Failed, ExitCode.FAILED),
        (ValueError("x"), Bug, ExitCode.BUG),
        (SystemExit("x"), Bug, ExitCode.BUG),
    ],
)
def test_an_exception_becomes_an_outcome(error: BaseException, kind: type[Outcome], code: ExitCode) -> None:
    outcome = outcome_of(error)

    assert type(outcome) is kind
    assert outcome.exit_code is code
    assert outcome.message.strip().endswith("x")


def test_the_hint_of_an_error_is_kept() -> None:
    assert outcome_of(StageFailed("red", hint="look at the log")).message == "red\nhint: look at the log"


def test_an_interrupt_without_words_gets_some() -> None:
    assert outcome_of(KeyboardInterrupt()).message == "interrupted"


def test_a_failure_of_doit_keeps_its_message_and_its_silence() -> None:
    outcome = outcome_of_fail(TaskError("PythonAction Error", ValueError("theirs"), report=False))

    assert outcome.message == "PythonAction Error\nValueError: theirs"
    assert not outcome.report


def test_an_outcome_stays_itself() -> None:
    outcome = Stopped("x")

    assert outcome_of_fail(outcome) is outcome


def test_every_outcome_is_a_failed_task_for_doit() -> None:
    assert all(issubclass(kind, TaskFailed) for kind in Outcome.__subclasses__())


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], ExitCode.DONE),
        ([PausedForApproval("")], ExitCode.WAITING),
        ([PausedForApproval(""), Failed("")], ExitCode.FAILED),
        ([Failed(""), Misconfigured("")], ExitCode.USAGE),
        ([Misconfigured(""), LimitHit("")], ExitCode.LIMIT),
        ([LimitHit(""), Stopped("")], ExitCode.INTERRUPTED),
        ([Stopped(""), Bug(""), Failed("")], ExitCode.BUG),
    ],
)
def test_the_exit_code_is_that_of_what_has_to_be_dealt_with_first(outcomes: list[Outcome], code: ExitCode) -> None:
    assert overall(outcomes) is code


def test_an_action_that_succeeds_says_so() -> None:
    assert action(lambda: None)() is True


def test_an_action_hides_the_parameters_of_its_function_from_doit() -> None:
    def act(task: str = "mine") -> None: ...

    assert run(node("a", act)).exit_code is ExitCode.DONE
