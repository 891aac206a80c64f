"""Run a program to its end, whatever it does: own session, output to files, the whole tree ended afterwards."""

import io
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Protocol
from uuid import uuid4

from director.core.errors import Interrupted
from director.shell import adoption, cores
from director.shell.adoption import Call
from director.shell.environment import MARK
from director.shell.table import Entry, carries, is_alive, read_table, send_signal

POLL_SECONDS = 0.25
"""How often limits are looked at; the end of the program itself is seen at once."""
GRACE_SECONDS = 2.0
"""Between asking a process to end and ending it."""
MAX_OUTPUT_BYTES = 256 * 1024 * 1024
"""A program that writes more than this to one of its files is ended."""

_stopping = threading.Event()


class Ended(StrEnum):
    """Why a program is no longer running."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    IDLE = "idle"
    FLOOD = "flood"


@dataclass(frozen=True)
class Finished:
    """A program that ran."""

    ended: Ended
    exit_code: int
    """Exit status; negative for the signal that ended it."""
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Tell whether it ended by itself with status 0."""
        return self.ended is Ended.EXITED and self.exit_code == 0


@dataclass(frozen=True)
class Limits:
    """When a program is ended: seconds of wall-clock time, and seconds without output."""

    wall: float
    idle: float | None = None


class Talk(Protocol):
    """A conversation with a program that is talked to on its standard input while it runs.

    What it says is copied to its output file: some programs want a pipe for that, too.
    """

    def hold(self, stdin: IO[bytes]) -> None:
        """Write what there is to say; afterwards the input is closed. Called in a thread of its own."""
        ...

    def break_off(self) -> None:
        """Take leave, and return when that was heard or cannot be waited for: the program is ended next."""
        ...


@dataclass(frozen=True)
class Captured:
    """A short program and its output."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def capture(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None, stdin: bytes = b"", timeout: float = 600
) -> Captured:
    """Run a short, trusted program such as git and return its output. Raises OSError if it cannot start.

    One that takes too long is killed. It is in a process group of its own: a Ctrl-C is for director alone, and the
    program comes to its end.
    """
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    options = {"stdin": pipe if stdin else nothing, "stdout": pipe, "stderr": pipe, "process_group": 0}
    with _started(argv, cwd=cwd, env=dict(env), **options) as process:
        try:
            stdout, stderr = process.communicate(stdin or None, timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            return Captured(-signal.SIGKILL, b"", f"it did not end within {timeout:g} seconds".encode())
        except BaseException:
            process.kill()
            raise
    return Captured(process.returncode, stdout, stderr)


def capture_head(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, limit: int) -> tuple[int, bytes]:
    """Run a short, trusted program and return the beginning of its output; when that is read, it is ended.

    The exit code is 0 where there was more to read. Raises OSError if it cannot start.
    """
    nothing = subprocess.DEVNULL
    with _started(argv, cwd=cwd, env=dict(env), stdin=nothing, stdout=subprocess.PIPE, stderr=nothing) as process:
        assert process.stdout
        head = process.stdout.read(limit)
        if len(head) == limit:
            process.kill()
            return 0, head
    return process.returncode, head


def _started(argv: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    with cores.anywhere():
        return subprocess.Popen(argv, **options)


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: Path,
    error: Path | None = None,
    stdin: bytes | Talk = b"",
    limits: Limits,
    mark: str,
) -> Finished:
    """Run a program that is not trusted.

    Its output goes to files (`error` defaults to the same file), its tree of processes is ended when it ends, also
    those that left its session. A talk is broken off before the program is ended at a limit. `mark` is `<job>/<run>`.
    Raises OSError if it cannot start, Interrupted if director is asked to stop.
    """
    if _stopping.is_set():
        raise Interrupted("director was asked to stop")
    started = time.monotonic()
    with ExitStack() as files:
        out = files.enter_context(output.open("wb"))
        err = files.enter_context(error.open("wb")) if error else out
        call_mark = f"{mark}/{uuid4().hex}"
        environment = {**env, MARK: call_mark}
        talk = None if isinstance(stdin, bytes) else stdin
        heard, said = subprocess.PIPE if talk else out, subprocess.PIPE if stdin else subprocess.DEVNULL
        call = Call(argv, call_mark, cwd=cwd, env=environment, stdin=said, stdout=heard, stderr=err)
        files.callback(call.close)
        has_ended = files.enter_context(_end_of(call.process))
        copier = _start_talking(call.process, stdin, out)
        try:
            ended = _watch(call.process, has_ended, started, limits, [out.fileno(), err.fileno()])
            if talk and ended is not Ended.EXITED:
                talk.break_off()
        finally:
            end_found(call.left)
            if has_ended(GRACE_SECONDS):
                adoption.collect(call.process)
            if copier:  # what it said last; something that it left running may hold the pipe open
                copier.join(GRACE_SECONDS)
    exit_code = call.process.returncode
    return Finished(ended, exit_code if exit_code is not None else -9, time.monotonic() - started)


def shell_argv(command: str) -> list[str]:
    """Return how a command line that the user or the plan wrote is run."""
    return ["/bin/sh", "-c", command]


def request_stop() -> None:
    """Make every running `run` end its program and raise Interrupted, and every later one refuse to start."""
    _stopping.set()


def is_stopping() -> bool:
    """Tell whether director was asked to stop."""
    return _stopping.is_set()


def clear_stop() -> None:
    """Allow programs to be started again."""
    _stopping.clear()


def end_marked(mark: str) -> int:
    """End every process that carries the mark or one below it; return how many there were."""
    return end_found(lambda: marked_processes(mark))


def end_found(find: Callable[[], list[Entry]]) -> int:
    """End the processes that are found and return how many there were.

    They are asked, then ended, and looked for again: one may have started another meanwhile.
    """
    asked = 0
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL, signal.SIGKILL):
        found = find()
        if not found:
            break
        asked = asked or len(found)
        for entry in found:
            send_signal(entry, number)
        _wait(found)
    return asked


def marked_processes(mark: str) -> list[Entry]:
    """Find the live processes whose mark is this one or below it, our own process aside."""
    return [entry for entry in read_table() if not entry.is_zombie and carries(entry, mark)]


def _wait(entries: Sequence[Entry]) -> None:
    """Wait for a while until they have ended."""
    until, pause = time.monotonic() + GRACE_SECONDS, 0.002
    while any(is_alive(entry) for entry in entries) and time.monotonic() < until:
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


@contextmanager
def _end_of(process: subprocess.Popen[bytes]) -> Iterator[Callable[[float], bool]]:
    """Give what waits so many seconds for the end of a program, and tells whether it has come."""
    descriptor = _descriptor(process.pid)
    if descriptor is None:
        yield lambda seconds: _is_over(process, seconds)
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        yield lambda seconds: bool(poll.poll(1000 * seconds))
    finally:
        os.close(descriptor)


def _descriptor(pid: int) -> int | None:
    """Return a descriptor by which the end of a child is seen, where the system has such."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # a Python or a kernel that is too old, or a sandbox
        return None


def _is_over(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _watch(
    process: subprocess.Popen[bytes],
    has_ended: Callable[[float], bool],
    started: float,
    limits: Limits,
    outputs: Sequence[int],
) -> Ended:
    sizes, changed = [0] * len(outputs), time.monotonic()
    while not has_ended(POLL_SECONDS):
        now = time.monotonic()
        if _stopping.is_set():
            raise Interrupted("director was asked to stop")
        adoption.look()
        current = [os.fstat(output).st_size for output in outputs]
        if current != sizes:
            sizes, changed = current, now
        if max(sizes) > MAX_OUTPUT_BYTES:
            return Ended.FLOOD
        if now - started > limits.wall:
            return Ended.TIMEOUT
        if limits.idle is not None and now - changed > limits.idle:
            return Ended.IDLE
    adoption.collect(process)
    if _stopping.is_set():
        raise Interrupted("director was asked to stop")
    return Ended.EXITED


def _start_talking(process: subprocess.Popen[bytes], stdin: bytes | Talk, out: IO[bytes]) -> threading.Thread | None:
    """Write to a program what there is to say, and return what copies what it says on a pipe."""
    if process.stdin:
        threading.Thread(target=_feed, args=(process, stdin), daemon=True).start()
    if not process.stdout:
        return None
    copier = threading.Thread(target=_copy, args=(process.stdout, out), daemon=True)
    copier.start()
    return copier


def _copy(source: io.BufferedReader, target: IO[bytes]) -> None:
    """Copy what a program says on a pipe, as soon as it is there."""
    with source, suppress(OSError, ValueError):  # no room on the disk, or nobody wants to know any more
        while said := source.read1():
            target.write(said)
            target.flush()


def _feed(process: subprocess.Popen[bytes], said: bytes | Talk) -> None:
    assert process.stdin
    try:
        if isinstance(said, bytes):
            process.stdin.write(said)
        else:
            said.hold(process.stdin)
        process.stdin.close()
    except OSError:
        return  # it closed its input: its own business
