"""What a task's action returns instead of raising, and the exit code that follows for the run.

doit prints a traceback for whatever an action raises, and a worker thread that raises hangs the run.
"""

import traceback
from collections.abc import Callable, Iterable
from typing import Any

from doit.exceptions import TaskFailed

from director.core.errors import DirectorError, ExitCode, Interrupted, LimitReached, Paused, Postponed


class Outcome(TaskFailed):  # type: ignore[misc]
    """A task that ended without its result; the message says why."""

    exit_code = ExitCode.FAILED


class Failed(Outcome):
    """An expected failure."""


class PausedForApproval(Outcome):
    """A person has to approve before the task can go on: no failure."""

    exit_code = ExitCode.WAITING


class NotBegun(Outcome):
    """The run ends before the work of the task has begun: it is as if the task had not been looked at."""

    exit_code = ExitCode.DONE


class LimitHit(Outcome):
    """A limit was reached before the task was done."""

    exit_code = ExitCode.LIMIT


class Stopped(Outcome):
    """director was asked to stop while the task ran."""

    exit_code = ExitCode.INTERRUPTED


class Bug(Outcome):
    """An exception that nobody expected; the message is its traceback."""

    exit_code = ExitCode.BUG


class Misconfigured(Outcome):
    """The user's configuration or request cannot be used."""

    exit_code = ExitCode.USAGE


_PRECEDENCE = (
    ExitCode.BUG,
    ExitCode.INTERRUPTED,
    ExitCode.LOCKED,
    ExitCode.LIMIT,
    ExitCode.USAGE,
    ExitCode.FAILED,
    ExitCode.WAITING,
    ExitCode.DONE,
)
"""What has to be dealt with first comes first. A configuration before a failure: no re-run helps until it is corrected,
and the failure may be its consequence."""


def outcome_of(error: BaseException) -> Outcome:
    """Return what an exception means for the task that raised it."""
    match error:
        case Paused():
            return PausedForApproval(str(error))
        case Postponed():
            return NotBegun(str(error))
        case LimitReached():
            return LimitHit(str(error))
        case Interrupted() | KeyboardInterrupt():
            return Stopped(str(error) or "interrupted")
        case DirectorError(exit_code=ExitCode.USAGE):
            return Misconfigured(str(error))
        case DirectorError():
            return Failed(str(error))
        case _:
            return Bug("".join(traceback.format_exception(error)))


def outcome_of_fail(fail: Any) -> Outcome:
    """Return what a failure means that doit made itself, or a task that is not ours."""
    return fail if isinstance(fail, Outcome) else Failed(fail.get_msg().strip(), report=fail.report)


def overall(outcomes: Iterable[Outcome]) -> ExitCode:
    """Return the exit code of a run with these outcomes."""
    return min((outcome.exit_code for outcome in outcomes), key=_PRECEDENCE.index, default=ExitCode.DONE)


def action(function: Callable[[], None]) -> Callable[[], bool | Outcome]:
    """Return the function as an action for doit, which never raises."""

    # not functools.wraps: doit reads the signature and would fill in parameters called 'task' or 'targets'
    def run() -> bool | Outcome:
        try:
            function()
        except BaseException as error:  # noqa: BLE001 (the outermost frame of a worker thread)
            return outcome_of(error)
        return True

    return run
