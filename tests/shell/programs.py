"""Programs to run in tests, and whether they are still alive."""

import os
import sys
import time
from pathlib import Path

import psutil

from director.shell.environment import without_secrets
from director.shell.processes import Finished, Limits, run, shell_argv

WRITE_PID = 'import os, sys, time; open(sys.argv[1], "w").write(str(os.getpid()))'


def run_shell(
    command: str, directory: Path, *, wall: float = 20, idle: float | None = None, stdin: bytes = b"", mark: str = ""
) -> Finished:
    """Run a shell command with its output in `directory/out`."""
    return run(
        shell_argv(command),
        cwd=directory,
        env=without_secrets(),
        output=directory / "out",
        stdin=stdin,
        limits=Limits(wall=wall, idle=idle),
        mark=mark or f"test-{os.getpid()}-{directory.name}",
    )


def python(*lines: str) -> str:
    """Return a shell command that runs lines of Python; they find the file for their pid in `sys.argv[1]`."""
    return f"'{sys.executable}' -c '{'; '.join(lines)}' pid"


def recorded_pid(directory: Path) -> int:
    """Return the pid that a program wrote to `directory/pid`."""
    return int((directory / "pid").read_text())


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be collected does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def still_alive(pids: list[int], *, within: float) -> list[int]:
    """Return those of the processes that are alive after so many seconds, or none as soon as there is none."""
    until = time.monotonic() + within
    while (alive := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    return alive
