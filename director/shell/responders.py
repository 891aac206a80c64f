"""Trusted programs that last, such as `git cat-file`: started when they are first asked, they answer one by one."""

import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeVar

from director.shell import cores

REQUEST_BYTES = 4096
"""So much a program that answers while it is still being asked takes without being listened to."""

ASKED = "director.shell.responders.ask"
"""The audit event of a request, with the program that is asked and its arguments."""

Answer = TypeVar("Answer")
Process = subprocess.Popen[bytes]


class Responder:
    """One such program. It ends with `close`, with this object, and with director, however that ends.

    Its input is a pipe that only director holds. It is in our session, so that it is nobody's orphan, and in a process
    group of its own: a Ctrl-C is for director alone.
    """

    def __init__(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self._argv, self._cwd, self._env = tuple(argv), cwd, dict(env)
        self._lock = threading.Lock()
        self._idle: Process | None = None
        self._ending: weakref.finalize[..., Responder] | None = None

    def ask(self, request: bytes, read: Callable[[IO[bytes]], Answer]) -> Answer:
        """Send a request and return what `read` makes of the answer; it raises EOFError where that is not whole.

        A program that has ended meanwhile is started again, once. Raises OSError or EOFError if that one ends, too.
        """
        with self._lock:
            if self._idle:
                with suppress(OSError, EOFError):
                    return self._exchange(request, read)
            return self._exchange(request, read)

    def _exchange(self, request: bytes, read: Callable[[IO[bytes]], Answer]) -> Answer:
        """Ask the program; one that was left in the middle of an answer is never asked again."""
        sys.audit(ASKED, self._argv[0], self._argv)
        process, self._idle = self._idle or self._start(), None
        assert process.stdin and process.stdout
        try:
            process.stdin.write(request)
            process.stdin.flush()
            answer = read(process.stdout)
            self._idle = process
        finally:
            if self._idle is None:
                self._end()
        return answer

    def _start(self) -> Process:
        with cores.anywhere():
            process = subprocess.Popen(
                self._argv,
                cwd=self._cwd,
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                process_group=0,
            )
        self._ending = weakref.finalize(self, _end, process)
        return process

    def close(self) -> None:
        """End the program; when asked again, it is started again."""
        with self._lock:
            self._idle = None
            self._end()

    def _end(self) -> None:
        if self._ending:
            self._ending()


def read_line(source: IO[bytes]) -> bytes:
    """Read a whole line, without its end. Raises EOFError."""
    line = source.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return line[:-1]


def read_exactly(source: IO[bytes], size: int) -> bytes:
    """Read so many bytes. Raises EOFError."""
    data = source.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _end(process: Process) -> None:
    """End a program by the end of its input; one that still has something to say is not listened to."""
    for pipe in (process.stdin, process.stdout):
        assert pipe
        with suppress(OSError):
            pipe.close()
    process.wait()
