"""The end of a reflog: how a ref came to its value, as whoever moved it wrote it down."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_TAIL_BYTES = 64 * 1024
_ENTRY = re.compile(rb"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^\t\n]*?(\d+) [-+]\d+(?:\t(.*))?")


@dataclass(frozen=True)
class Entry:
    """A line of a reflog."""

    old: str
    new: str
    time: int
    message: str


def tail(log: Path, *, after: int = 0) -> list[Entry]:
    """Return the last entries of a reflog, oldest first; none where there is no such file.

    `after` is a size that the file had: entries before it are left out, unless it was written anew since.
    """
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES, after if after <= size else 0))
            lines = file.read(_TAIL_BYTES).splitlines()
    except OSError:
        return []
    found = filter(None, map(_ENTRY.fullmatch, lines))
    return [_entry(*(group or b"" for group in match.groups())) for match in found]


def _entry(old: bytes, new: bytes, time: bytes, message: bytes) -> Entry:
    return Entry(old.decode(), new.decode(), int(time), message.decode(errors="replace"))


def since(entries: list[Entry], value: str | None) -> list[Entry]:
    """Return the entries after the last one that led to a value; all of them where none did."""
    for number in range(len(entries), 0, -1):
        if entries[number - 1].new == value:
            return entries[number:]
    return entries


def contradict(entries: list[Entry], before: str, now: str) -> bool:
    """Tell whether a ref holds what no entry led to: git writes the entry before it moves the ref."""
    if not entries or entries[-1].new == now:
        return False
    is_about_to_move = entries[-1].old == now and entries[-1].new != before
    return not is_about_to_move
