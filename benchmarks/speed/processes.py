"""Run a program and say what it cost: wall-clock, processor time of it and its children, its own memory."""

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAST_WORDS = 2000


class Broke(Exception):
    """A program that is measured did not do its work."""


@dataclass(frozen=True)
class Cost:
    """What a program cost."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of it and of every process that it waited for."""
    memory: int = 0
    """Bytes: the high-water mark of the program itself, without its children; 0 if nobody looked."""
    said: str = ""


def measure(
    argv: Sequence[str | Path], *, directory: Path, environment: Mapping[str, str], said: Path, memory: bool = False
) -> Cost:
    """Run a program to its end. Raises Broke if it fails."""
    with said.open("w+b") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            argv, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        with _Sampler(process.pid, every=0.1 if memory else None) as sampler:
            status, usage = _wait(process)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    words = said.read_text(errors="replace")
    if process.returncode != 0:
        raise Broke(f"{' '.join(map(str, argv))}: exit status {process.returncode}\n{words[-_LAST_WORDS:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, sampler.highest, words)


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, resource.struct_rusage]:
    """Return how it ended and what it used; what is interrupted meanwhile ends it in good order."""
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    return status, usage


class _Sampler:
    """Looks at the high-water mark of a process again and again: when it has ended nobody knows it any more."""

    def __init__(self, pid: int, *, every: float | None) -> None:
        self._status = Path("/proc") / str(pid) / "status"
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.highest = 0

    def __enter__(self) -> "_Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while self._every and not self._over.wait(self._every):
            try:
                lines = self._status.read_text().splitlines()
            except OSError:
                return
            kilobytes = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
            self.highest = max([self.highest, *(1024 * size for size in kilobytes)])
