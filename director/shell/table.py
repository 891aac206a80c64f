"""Which processes there are: read at once, and cheaply enough to be read several times a second."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from director.shell.environment import MARK

_STAT_BYTES = 4096


class Entry(NamedTuple):
    """A process as it was when the table was read."""

    pid: int
    parent: int
    session: int
    born: float
    """On a clock of its own: only to be compared with that of others. With the pid it is who a process is."""
    is_zombie: bool


def read_table() -> list[Entry]:
    """Read what processes there are, our own aside."""
    import psutil  # noqa: PLC0415 (start-up)

    others = (pid for pid in psutil.pids() if pid != os.getpid())
    return [entry for pid in others if (entry := read_entry(pid))]


def read_entry(pid: int) -> Entry | None:
    """Read one process; None if there is none, or if it is not ours to look at."""
    try:
        return _read(pid)
    except OSError:
        return None


def is_alive(entry: Entry) -> bool:
    """Tell whether a process still runs; one that only waits to be collected does not."""
    now = read_entry(entry.pid)
    return now is not None and now.born == entry.born and not now.is_zombie


def send_signal(entry: Entry, number: int) -> None:
    """Send a signal to a process, unless it is gone or not ours."""
    if is_alive(entry):
        with suppress(OSError):
            os.kill(entry.pid, number)


def carries(entry: Entry, mark: str) -> bool:
    """Tell whether a process has this mark or one below it; one whose environment is not ours to read has not."""
    import psutil  # noqa: PLC0415 (start-up)

    with suppress(OSError, psutil.Error):
        carried = psutil.Process(entry.pid).environ().get(MARK, "")
        return carried == mark or carried.startswith(mark + "/")
    return False


def read_stat(pid: int) -> Entry:
    """Read a process as Linux tells it. Raises OSError if there is none."""
    stat = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    try:
        line = os.read(stat, _STAT_BYTES)
    finally:
        os.close(stat)
    fields = line[line.rindex(b")") + 2 :].split(None, 20)  # the name before it may hold anything
    return Entry(pid, int(fields[1]), int(fields[3]), float(fields[19]), is_zombie=fields[0] == b"Z")


def read_any(pid: int) -> Entry:
    """Read a process on any system. Raises OSError if there is none."""
    import psutil  # noqa: PLC0415 (start-up)

    try:
        process = psutil.Process(pid)
        is_zombie = process.status() == psutil.STATUS_ZOMBIE
        return Entry(pid, process.ppid(), os.getsid(pid), process.create_time(), is_zombie)
    except psutil.Error as error:
        raise ProcessLookupError(pid) from error


_read: Callable[[int], Entry] = read_stat if sys.platform == "linux" else read_any
