"""Work on a job: hold it, end what a killed run left, stop when asked, and leave nothing behind."""

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from types import FrameType

from director.core.errors import ConfigError, DirectorError
from director.job.job import Job
from director.job.lock import hold
from director.job.recovery import recover
from director.shell import cores, memory, processes
from director.shell.guardian import Guardian


@contextmanager
def working(job: Job) -> Iterator[None]:
    """Hold the job while agents and tests may run. Raises JobLocked if another director holds it."""
    memory.look_often()
    memory.share_pools()
    with hold(job.directory), stopping_on_signals(), exporting(job), cores.together():
        if left := processes.end_marked(job.family):
            job.note(f"ended what an earlier run had left running: {left} process{'es' if left > 1 else ''}")
        guardian = Guardian(job.mark)
        try:
            job.make_ready()
            recover(job)
            if job.directory.identity.exists():
                job.branch.hold()
                job.look_after_repository()
            yield
        finally:
            job.close_backends()
            guardian.close()
            with suppress(DirectorError, OSError):  # else the next run does it
                recover(job)
                job.close_pool()
            job.directory.reserve.unlink(missing_ok=True)
            if job.directory.identity.exists():
                job.look_after_repository()


def exporting(job: Job) -> AbstractContextManager[None]:
    """Have a run's spans exported, if the configuration wants it. Raises ConfigError if what that needs is missing."""
    if not job.config.telemetry.otlp:
        return nullcontext()
    try:
        from director.job import telemetry  # noqa: PLC0415 (only who wants it has the libraries)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"'telemetry.otlp' needs the Python module '{error.name}', which is not installed",
            hint="install what it needs: pip install 'director-doit[otel]'",
        ) from error
    return telemetry.exporting(job)


@contextmanager
def attended(mark: str) -> Iterator[None]:
    """Ask agents without a job: stop when asked, and leave nothing of what carries the mark behind."""
    with stopping_on_signals():
        guardian = Guardian(mark)
        try:
            yield
        finally:
            guardian.close()


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Let the first SIGINT or SIGTERM end agents and tests, so that the run ends in good order.

    Whoever listens already goes on to do so: what was asked of a bench is asked of the jobs in it.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is _stop:
        yield
        return
    processes.clear_stop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, _stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    if processes.is_stopping():
        raise KeyboardInterrupt
    processes.request_stop()
