"""What belongs to a program that is not trusted, also if it cleared its environment, left its session and its parent.

On Linux director is made the one to whom orphans below it fall, so that such a daemon becomes a child of ours. While
programs run, it is looked now and then at what descends from each; an orphan that was never seen as anybody's is ended
with the last program that can have started it. On other systems an orphan is known by its mark or its session alone.

A program that lasts, such as a server, runs commands on behalf of several guests at once. Each of them has a mark of
its own, which the program gives to the commands: what descends from such a command is the guest's, and ends with it.

Children of ours that have nothing to do with these programs are never touched: those that run in our own session, such
as git, those that were there before, and those that were started by `start`.
"""

import importlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from director.shell import cores
from director.shell.table import Entry, carries, read_entry, read_table

LOOK_SECONDS = 0.5
"""How often it is looked at what descends from the programs that run: once for all of them."""
_SET_CHILD_SUBREAPER = 36

_lock = threading.RLock()
"""Held while the table is read and used, so that no child is taken for an orphan while it is being started."""
_awaited: set[int] = set()
_trees: list["Tree"] = []
_looked = 0.0
_since = 0.0
"""When the first of the programs that run was born, or of those that overlapped with them."""


def start(argv: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, which is no orphan until `collect` has waited for it."""
    with _lock:
        with cores.anywhere():
            process = subprocess.Popen(argv, start_new_session=True, **options)
        _awaited.add(process.pid)
        return process


def collect(process: subprocess.Popen[bytes]) -> None:
    """Wait for a child that `start` has started."""
    process.wait()
    with _lock:
        _awaited.discard(process.pid)


class Tree:
    """What was seen to descend from something that is not trusted; call `close` when nothing is left of it."""

    def __init__(self, mark: str, born: float, *, is_lasting: bool = False) -> None:
        self._mark = mark
        self._born = born
        self._is_lasting = is_lasting
        """Whether it is a service, which starts nothing of its own accord: an orphan is of one of its guests."""
        self._seen: dict[int, float] = {}
        self._sessions: set[int] = set()
        self._is_over = False
        """Whether it was looked for the last time: nothing is left to it any more."""

    def left(self) -> list[Entry]:
        """Return what is alive of it: its descendants and their sessions, what has the mark, and unclaimed orphans."""
        with _lock:
            table = _read_table()
            self._note(table, [entry for entry in table if self._is_taken(entry)])
            return [entry for entry in table if entry.pid in self._seen and not entry.is_zombie]

    def close(self) -> None:
        """Forget it: what it started and what is still alive is an orphan of the other programs that run."""
        with _lock:
            _trees.remove(self)

    def _register(self) -> None:
        global _since
        if not _trees:
            _since = self._born
        _trees.append(self)

    def _note(self, table: Sequence[Entry], taken: Sequence[Entry] = ()) -> None:
        """Take note of what descends from it and of what is taken for its own; what is gone is forgotten."""
        new = [*taken, *(entry for entry in table if self._seen.get(entry.pid) == entry.born)]
        seen: dict[int, float] = {}
        while new:
            seen |= {entry.pid: entry.born for entry in new}
            self._sessions |= self._own_sessions(new)
            new = [entry for entry in table if entry.pid not in seen and self._is_below(entry, seen)]
        self._seen = seen
        self._sessions = self._own_sessions(entry for entry in table if entry.pid in seen)

    def _own_sessions(self, entries: Iterable[Entry]) -> set[int]:
        return {entry.session for entry in entries}

    def _is_below(self, entry: Entry, seen: Container[int]) -> bool:
        return entry.born >= _since and (entry.parent in seen or entry.session in self._sessions)

    def _is_taken(self, entry: Entry) -> bool:
        """Tell whether a process has the mark, or is an orphan that no other program that runs can have started."""
        if entry.born >= self._born and carries(entry, self._mark):
            return True
        others = (tree for tree in _trees if tree is not self and not tree._is_lasting and not tree._is_over)
        return _is_orphan(entry) and not any(tree._born <= entry.born for tree in others)


class Call(Tree):
    """A program that is not trusted, and what was seen to descend from it."""

    def __init__(self, argv: Sequence[str], mark: str, *, is_lasting: bool = False, **options: Any) -> None:
        _adopt_orphans(os.getpid())
        with _lock:
            self.process = start(argv, **options)
            root = read_entry(self.process.pid)
            super().__init__(mark, root.born if root else 0.0, is_lasting=is_lasting)
            self._seen = {self.process.pid: self._born}
            self._sessions = {self.process.pid}
            self._register()

    def left(self) -> list[Entry]:
        """Return what is alive of it; where it has ended and no orphan fell to us, the table need not be read.

        Once it has ended and nothing is left, an orphan is never left to it by the others that run.
        """
        with _lock:
            has_ended = self.process.returncode is not None
            found = [] if has_ended and not _may_have_orphans() else super().left()
            self._is_over = has_ended and not found
            return found

    def _own_sessions(self, entries: Iterable[Entry]) -> set[int]:
        return {self.process.pid} | super()._own_sessions(entries)


class Guest(Tree):
    """What a program that lasts runs on behalf of one of many: what has the mark, and what descends from that."""

    def __init__(self, host: Call, mark: str) -> None:
        with _lock:
            # Whatever it starts is born after all that there is.
            super().__init__(mark, max((entry.born for entry in read_table()), default=0.0))
            self._host = host
            self._register()

    def _note(self, table: Sequence[Entry], taken: Sequence[Entry] = ()) -> None:
        unknown = (entry for entry in table if entry.pid in self._host._seen and entry.pid not in self._seen)
        super()._note(table, [*taken, *(entry for entry in unknown if carries(entry, self._mark))])

    def _own_sessions(self, entries: Iterable[Entry]) -> set[int]:
        return super()._own_sessions(entries) - {self._host.process.pid}


def look() -> None:
    """Take note of what descends from the programs that run, unless that was done just now."""
    global _looked
    with _lock:
        if time.monotonic() - _looked >= LOOK_SECONDS:
            table = _read_table()
            for tree in _trees:
                tree._note(table)
            _looked = time.monotonic()


def _read_table() -> list[Entry]:
    """Read the table and collect the orphans that have ended: nobody else does."""
    table = read_table()
    for entry in table:
        if entry.is_zombie and _is_orphan(entry):
            with suppress(OSError):
                os.waitpid(entry.pid, os.WNOHANG)
    return table


def _may_have_orphans() -> bool:
    """Tell whether anything may have fallen to us: Linux gives orphans to the main thread, and lists its children."""
    own = os.getsid(0)
    try:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_bytes().split()
        return any(pid not in _awaited and os.getsid(pid) != own for pid in map(int, children))
    except OSError:  # another system, or a child that is gone by now
        return True


def _is_orphan(entry: Entry) -> bool:
    """Tell whether a process fell to us: a program that is not trusted never gets into our session."""
    is_child = entry.parent == os.getpid() and _adopt_orphans(os.getpid())
    return is_child and entry.born >= _since and entry.pid not in _awaited and entry.session != os.getsid(0)


@cache
def _adopt_orphans(pid: int) -> bool:
    """Make our process the one to whom orphans fall; tell whether that could be done. `pid` is ours: a fork is not."""
    if sys.platform != "linux":
        return False
    try:
        ctypes = importlib.import_module("ctypes")  # there are Pythons that were built without
        return bool(ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False
