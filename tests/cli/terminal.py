"""A terminal to run programs in, and the screen that they leave."""

import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path

_PART = re.compile(r"\x1b\[(\??[\d;]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+|.", re.DOTALL)
_WITHOUT_EFFECT = "mhl"
"""Colours, and showing and hiding the cursor."""


@dataclass
class Terminal:
    """A program that runs at a pseudo-terminal."""

    process: subprocess.Popen[bytes]
    handle: int
    seen: bytearray = field(default_factory=bytearray)

    @classmethod
    def start(
        cls, argv: Sequence[str], cwd: Path, *, columns: int = 100, env: Mapping[str, str] | None = None
    ) -> "Terminal":
        """Start a program."""
        handle, inner = pty.openpty()
        ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        surroundings = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=surroundings | {"TERM": "xterm-256color"} | dict(env or {}),
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)
        return cls(process, handle)

    def read_until(self, text: str, *, seconds: float = 30) -> None:
        """Read until a text has been written."""
        until = time.monotonic() + seconds
        while text.encode() not in self.seen:
            assert time.monotonic() < until, self.raw
            self._read()

    def interrupt(self) -> None:
        """Press Ctrl-C: every process at the terminal gets the signal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def finish(self) -> int:
        """Read until the program has ended; return its exit code."""
        while self._read():
            pass
        os.close(self.handle)
        return self.process.wait(timeout=10)

    @property
    def raw(self) -> str:
        """Everything that was written."""
        return self.seen.decode(errors="replace")

    def _read(self) -> bool:
        if not select.select([self.handle], [], [], 1)[0]:
            return True
        try:
            data = os.read(self.handle, 65536)
        except OSError:  # how Linux says that nobody holds the other end any more
            data = b""
        self.seen += data
        return bool(data)


class Screen:
    """A screen without end. Knows only the control sequences that are expected."""

    def __init__(self) -> None:
        self.lines = [""]
        self.row = self.column = 0

    def write(self, part: str) -> None:
        """Take a text without control characters."""
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + part + line[self.column + len(part) :]
        self.column += len(part)

    def feed(self) -> None:
        """Go to the next line."""
        self.row += 1
        self.lines += [""] * (self.row == len(self.lines))

    def control(self, count: str, letter: str) -> None:
        """Obey a control sequence."""
        match count, letter:
            case _, "A":
                self.row -= int(count or 1)
            case "2", "K":
                self.lines[self.row] = ""
            case _:
                assert letter in _WITHOUT_EFFECT, (count, letter)


def screen(raw: str) -> list[str]:
    """Return the lines that are seen in the end."""
    seen = Screen()
    for found in _PART.finditer(raw):
        part, count, letter = found[0], found[1], found[2]
        assert part != "\x1b", f"an unexpected control sequence: {raw[found.start() :][:10]!r}"
        if letter:
            seen.control(count, letter)
        elif part == "\r":
            seen.column = 0
        elif part == "\n":
            seen.feed()
        else:
            seen.write(part)
    return [line.rstrip() for line in seen.lines]
