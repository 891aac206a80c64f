"""One director per job directory at a time."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

from filelock import FileLock, Timeout

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model, read_remade, sweep_unfinished, write_model
from director.core.errors import ConfigError, JobLocked
from director.core.model import Model
from director.shell.scratch import sweep_scratch


class Holder(Model):
    """holder.json: who holds the job, for the message that another one gets."""

    version: Literal[1] = 1
    pid: int
    host: str
    since: str


@contextmanager
def hold(directory: JobDirectory) -> Iterator[None]:
    """Hold the job, or raise JobLocked with who does. The operating system lets go of it when a holder dies."""
    directory.path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(directory.path / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise _locked(directory) from error
    try:
        sweep_unfinished(directory.path, deep=directory.holder.exists())  # if it does, its holder was killed
        sweep_scratch()
        since = datetime.now(UTC).isoformat(timespec="seconds")
        write_model(directory.holder, Holder(pid=os.getpid(), host=socket.gethostname(), since=since))
        yield
    finally:
        directory.holder.unlink(missing_ok=True)
        lock.release()


def is_held(directory: JobDirectory) -> bool:
    """Tell whether a director seems to be at work, without asking for the lock; a holder elsewhere is believed."""
    holder = read_remade(directory.holder, Holder)
    if holder is None:
        return False
    import psutil  # noqa: PLC0415 (start-up)

    return holder.host != socket.gethostname() or psutil.pid_exists(holder.pid)


def _locked(directory: JobDirectory) -> JobLocked:
    try:
        holder = read_model(directory.holder, Holder)
    except ConfigError:
        holder = None
    who = f"process {holder.pid} on {holder.host}, since {holder.since}" if holder else "another director"
    return JobLocked(f"'{directory.path}' is held by {who}", hint="wait for it, or stop it: its work is kept")
