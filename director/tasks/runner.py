"""Runs the graph in threads: doit's runner with checked inputs, pauses, and an outcome for what did not end well.

The saved success of a task is forgotten only when its action ran and failed; never because something else stood in the
way, or the cone above a missing file would be built, and paid for, again.
"""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from doit.exceptions import DependencyError, TaskFailed, UnmetDependency
from doit.runner import ERROR, FAILURE, MThreadRunner

from director.core.errors import DirectorError, ExitCode
from director.tasks.dependency import BaselineDependency
from director.tasks.outcomes import (
    Failed,
    LimitHit,
    NotBegun,
    Outcome,
    PausedForApproval,
    Stopped,
    outcome_of,
    outcome_of_fail,
    overall,
)

_LOOK_SECONDS = 0.05
"""How often the main thread, while it waits, looks for a signal."""


class _Queue(queue.Queue[Any]):
    """A queue that does not keep the main thread from its signals.

    One that comes just before a lock is waited for does not end that waiting, and its handler would run when the next
    task ends: after minutes, with agents at work.
    """

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Return the next item, and in the main thread wait for it in turns."""
        if not block or timeout is not None or threading.current_thread() is not threading.main_thread():
            return super().get(block, timeout)
        while True:
            with suppress(queue.Empty):
                return super().get(timeout=_LOOK_SECONDS)


class GraphRunner(MThreadRunner):  # type: ignore[misc]
    """One run of the graph.

    Of a reporter it also calls `paused(task, outcome)` and `waiting(task, names of what failed)`, if it has them.
    """

    Queue = staticmethod(_Queue)
    final_result: int

    def __init__(
        self,
        dep_manager: BaselineDependency,
        reporter: Any,
        continue_: bool = False,
        always_execute: bool = False,
        stream: Any = None,
        num_process: int = 1,
        stopping: Callable[[], None] = lambda: None,
    ) -> None:
        """`stopping` is called when nothing new is to be begun any more."""
        super().__init__(dep_manager, reporter, continue_, always_execute, stream, max(1, num_process))
        self.outcomes: list[Outcome] = []
        self._stopping = stopping

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of what has run so far."""
        code = overall(self.outcomes)
        is_invalid = code is ExitCode.DONE and self.final_result == ERROR  # a delayed creator made an invalid task
        return ExitCode.USAGE if is_invalid else code

    def select_task(self, node: Any, tasks_dict: Any) -> bool:
        """Tell whether the task has to run now; if so, its inputs are there and recorded."""
        if self._stop_running:
            node.run_status = "ignore"  # doit asks for more until one is selected
            return False
        try:
            return super().select_task(node, tasks_dict) and self._take_inputs(node)
        except DirectorError as error:
            self._handle_task_error(node, outcome_of(error))
        except OSError as error:
            self._handle_task_error(node, Failed(f"'{node.task.name}' cannot start: {_problem(error)}"))
        return False

    def execute_task(self, task: Any) -> Any:
        """Run the actions, in a worker thread; return a failure, or None. Whatever is raised is a failure."""
        try:
            return super().execute_task(task)
        except BaseException as error:  # noqa: BLE001 (a worker that dies leaves the main thread waiting for ever)
            return outcome_of(error)

    def process_task_result(self, node: Any, base_fail: Any) -> None:
        """Take note of a task that ran."""
        if isinstance(base_fail, PausedForApproval):
            self._pause(node, base_fail)
        elif isinstance(base_fail, NotBegun):
            node.run_status = "ignore"
            self.reporter.skip_ignore(node.task)
        else:
            super().process_task_result(node, base_fail)

    def _take_inputs(self, node: Any) -> bool:
        if restore := (node.task.meta or {}).get("restore"):
            restore()
        if unusable := self._unusable_inputs(node.task):
            self._handle_task_error(node, unusable)
            return False
        self.dep_manager.take_baseline(node.task)
        return True

    def _unusable_inputs(self, task: Any) -> Failed | None:
        problems = []
        for path in sorted(task.file_dep):
            try:
                self.dep_manager.checker.info(path)
            except OSError as error:
                problems.append(_problem(error))
        return Failed(f"'{task.name}' cannot start: {'; '.join(problems)}") if problems else None

    def _pause(self, node: Any, outcome: PausedForApproval) -> None:
        node.run_status = "ignore"  # doit skips the dependents
        self.outcomes.append(outcome)
        if hasattr(self.reporter, "paused"):
            self.reporter.paused(node.task, outcome)

    def _handle_task_error(self, node: Any, base_fail: Any) -> None:
        node.run_status = "failure"
        if isinstance(base_fail, UnmetDependency):
            self._report_waiting(node, base_fail)
            return
        if isinstance(base_fail, DependencyError) and not node.task.executed:
            base_fail = self._unusable_inputs(node.task) or base_fail
        outcome = outcome_of_fail(base_fail)
        self.outcomes.append(outcome)
        if node.task.executed and not isinstance(outcome, LimitHit | Stopped):
            self.dep_manager.remove_success(node.task)
        self.reporter.add_failure(node.task, outcome)
        self._conclude(outcome, is_error=not isinstance(base_fail, TaskFailed))

    def _conclude(self, outcome: Outcome, *, is_error: bool) -> None:
        self.final_result = ERROR if is_error or self.final_result == ERROR else FAILURE
        if isinstance(outcome, Stopped) or not (self.continue_ or isinstance(outcome, LimitHit)):
            self._stop_running = True
            self._stopping()

    def _report_waiting(self, node: Any, fail: UnmetDependency) -> None:
        if hasattr(self.reporter, "waiting"):
            self.reporter.waiting(node.task, [needed.task.name for needed in node.bad_deps])
        else:
            self.reporter.add_failure(node.task, fail)


def _problem(error: OSError) -> str:
    return f"'{error.filename}': {(error.strerror or str(error)).lower()}"
