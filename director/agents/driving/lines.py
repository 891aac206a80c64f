"""Reads the lines that a program writes, also while it writes them; no more than one is in memory at a time."""

from collections.abc import Iterator
from typing import BinaryIO

LINE_BYTES = 4 * 1024 * 1024
"""A longer line is no event and left out: OpenCode itself cuts what tools answer."""
LINES = 10_000
"""No call of a program that tells whole steps comes to so many: what follows is not read."""


class Lines:
    """The lines of a transcript, from its beginning."""

    def __init__(self, stream: BinaryIO, *, most: int = LINES) -> None:
        self._stream = stream
        self._most = most
        self._read = 0
        self._is_inside = False
        """Whether we are inside of a line that is too long."""

    @property
    def are_too_many(self) -> bool:
        """Tell whether lines were left unread because there are so many."""
        return self._read > self._most

    def whole(self) -> Iterator[bytes]:
        """Yield the lines that are complete by now; what has only begun is read again the next time."""
        while not self.are_too_many:
            start = self._stream.tell()
            line = self._stream.readline(LINE_BYTES)
            is_end = line.endswith(b"\n")
            if not is_end and len(line) < LINE_BYTES:
                self._stream.seek(start)
                return
            self._read += is_end
            if is_end and not self._is_inside and not self.are_too_many:
                yield line
            self._is_inside = not is_end
