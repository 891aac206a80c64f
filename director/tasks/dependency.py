"""Saves the inputs of a task as they were before its action, so that an edit made meanwhile is seen by the next run.

doit reads the inputs after the action; what a user edited while an agent worked would count as built.
"""

from functools import cache
from pathlib import Path
from typing import Any

from doit.dependency import Dependency, DependencyStatus, get_md5

from director.artifacts.built import Built
from director.tasks.checker import ContentChecker
from director.tasks.journal import Journal

Baseline = dict[str, Any]
"""The state of each file_dep, by path."""


class BaselineDependency(Dependency):  # type: ignore[misc]
    """doit's record of what was built, with the inputs taken before the action."""

    def __init__(self, *args: Any, built: Built | None = None, **kwargs: Any) -> None:
        """`built` keeps what tasks were built from; by default nothing does."""
        super().__init__(*args, **kwargs)
        self._baselines: dict[str, Baseline] = {}
        self._built = built
        self._has_kept = False

    def get_status(self, task: Any, tasks_dict: Any, get_log: bool = False) -> DependencyStatus:
        """Return whether a task is up to date, as doit does: what is, as most are, is seen without asking why not."""
        if not self._is_plainly_up_to_date(task):
            return super().get_status(task, tasks_dict, get_log)
        task.dep_changed = []
        return DependencyStatus(get_log)

    def _is_plainly_up_to_date(self, task: Any) -> bool:
        """Tell whether everything that doit asks about a task is easily answered, and says that it is up to date."""
        checker, record = self.checker, self.backend.record(task.name) if isinstance(self.backend, Journal) else {}
        return bool(
            task.file_dep
            and isinstance(checker, ContentChecker)
            and record.get("checker:") == type(checker).__name__
            and task.file_dep == set(record.get("deps:") or ())
            and all(checker.is_untouched(path, record.get(path)) for path in task.file_dep)
            and all(map(checker.is_file, task.targets))
            and all(not callable(claim) and not isinstance(claim, str) and claim for claim, _, _ in task.uptodate)
        )

    def look_once(self) -> None:
        """Look at each file once from now on: nothing is built meanwhile, and most are of several tasks."""
        self.checker.info = cache(self.checker.info)

    def take_baseline(self, task: Any) -> None:
        """Read the state of every file_dep. Raises OSError if one cannot be read."""
        self._baselines[task.name] = {dep: self._state(task, dep) for dep in task.file_dep}
        self._keep(self._baselines[task.name])

    def saved_digest(self, task: str, dep: str) -> str:
        """Return the sha256 of an input as the task was built from it; empty where it is not known."""
        return _digest_and_size(self._get(task, dep))[0]

    def save_success(self, task: Any, result_hash: str | None = None) -> None:
        """Save a success, as doit does, with the states of the baseline.

        Those of the paths in `task.meta["rewrites"]`, which the task itself writes, are read now.
        """
        if task.name not in self._baselines:
            super().save_success(task, result_hash)
            return
        states = self._baselines.pop(task.name)
        for dep in task.file_dep & _rewritten(task) | task.file_dep - states.keys():
            states[dep] = self._state(task, dep)
        self._keep({dep: states[dep] for dep in task.file_dep & _rewritten(task)})
        self._save_result(task, result_hash)
        for dep in sorted(task.file_dep):
            self._set(task.name, dep, states[dep])
        self._set(task.name, "deps:", tuple(sorted(task.file_dep)))  # last: the journal writes the line here

    def remove_success(self, task: Any) -> None:
        """Forget a success at once: a task that failed must not be up to date after a kill either."""
        self._baselines.pop(task.name, None)
        super().remove_success(task)
        if hasattr(self.backend, "flush"):
            self.backend.flush()

    def close(self) -> None:
        """Write what is not written yet, and let go of the copies that nothing names any more."""
        super().close()
        if self._built and self._has_kept:
            self._built.prune(
                {_digest_and_size(state)[0] for record in self.backend.records() for state in record.values()}
            )

    def _keep(self, states: Baseline) -> None:
        """Keep the files as they are in these states."""
        for path, state in states.items():
            sha256, size = _digest_and_size(state)
            if self._built and sha256 and self._built.keep(Path(path), sha256=sha256, size=size):
                self._has_kept = True

    def _save_result(self, task: Any, result_hash: str | None) -> None:
        self._set(task.name, "_values_:", task.values)
        if result_hash is not None:
            self._set(task.name, "result:", result_hash)
        elif task.result:
            self._set(task.name, "result:", task.result if isinstance(task.result, dict) else get_md5(task.result))
        self._set(task.name, "checker:", type(self.checker).__name__)

    def _state(self, task: Any, dep: str) -> Any:
        saved = self._get(task.name, dep)
        state = self.checker.get_state(dep, saved)
        return saved if state is None else state  # None: a checker of doit's own found the file unchanged


def _rewritten(task: Any) -> set[str]:
    return {str(path) for path in (task.meta or {}).get("rewrites", ())}


def _digest_and_size(state: Any) -> tuple[str, int]:
    """Return what a state of our checker says of the content."""
    match state:
        case [str(sha256), int(size), int(), int(), int()]:
            return sha256, size
        case _:
            return "", 0
