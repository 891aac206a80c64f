"""doit's database as a journal: a task is on disk as soon as it has succeeded.

doit's own back ends write when a run closes; a killed run leaves them empty. Here a task is one line, appended by one
write. The database is only a cache, so nothing is synced and a damaged line is left out: its task is looked at again.
"""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

from doit.dependency import DatabaseException

Record = dict[str, Any]

_LAST_KEYS = ("deps:", "ignore:")
"""The keys that complete a record: `Dependency.save_success` sets the first one last, `ignore` sets only the second."""


class Codec(Protocol):
    """What doit encodes and decodes with; the text of one value has no line breaks."""

    def encode(self, data: Any) -> str:
        """Return the value as text. Raises TypeError or ValueError if it cannot."""
        ...

    def decode(self, data: str) -> Any:
        """Return the value of a text. Raises ValueError if it cannot."""
        ...


class Journal:
    """A back end for doit: the last line about a task holds all that is saved about it."""

    desc = "append-only journal: what has succeeded survives a kill"

    def __init__(self, name: str, codec: Codec, *, module_name: str | None = None) -> None:
        self.name = name
        self._path = Path(name)
        self._codec = codec
        self._saved: dict[str, Record] = {}
        self._unfinished: dict[str, Record] = {}
        self._removed: dict[str, None] = {}
        self._lines = 0
        self._is_torn = False
        self._has_written = False
        self._load()

    def get(self, task_id: str, dependency: str) -> Any:
        """Return a saved value, or None."""
        return self.record(task_id).get(dependency)

    def record(self, task_id: str) -> Record:
        """Return what is saved about a task; it is not to be changed."""
        return self._unfinished.get(task_id) or self._saved.get(task_id) or {}

    def in_(self, task_id: str) -> bool:
        """Tell whether anything is saved about the task."""
        return task_id in self._unfinished or task_id in self._saved

    def records(self) -> Collection[Record]:
        """Return what is saved about every task."""
        return self._saved.values()

    def set(self, task_id: str, dependency: str, value: Any) -> None:
        """Save a value; the last one of a task writes its line. Raises what the codec raises, before writing."""
        if task_id not in self._unfinished:
            self._unfinished[task_id] = dict(self._saved.get(task_id, {}))
        self._unfinished[task_id][dependency] = value
        if dependency in _LAST_KEYS:
            self._commit(task_id)

    def remove(self, task_id: str) -> None:
        """Forget the task; `flush` or `dump` writes it: doit removes even where it is only asked for a status."""
        self._unfinished.pop(task_id, None)
        if self._saved.pop(task_id, None) is not None:
            self._removed[task_id] = None

    def remove_all(self) -> None:
        """Forget every task."""
        self._unfinished.clear()
        for task_id in list(self._saved):
            self.remove(task_id)

    def flush(self) -> None:
        """Write which tasks were removed."""
        if self._removed:
            self._append([self._line(task_id, None) for task_id in self._removed])
            self._removed.clear()

    def dump(self) -> None:
        """Write what is not written yet, and the journal anew if half of it is history."""
        self.flush()
        if self._has_written and self._lines > 2 * len(self._saved):
            self._compact()

    def _load(self) -> None:
        content = self._read()
        lines = content.splitlines()
        for line in lines:
            self._replay(line)
        self._lines = len(lines)
        self._is_torn = not content.endswith(b"\n") and bool(content)

    def _read(self) -> bytes:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise self._unusable("read", error) from error

    def _replay(self, line: bytes) -> None:
        try:
            entry = self._codec.decode(line.decode())
        except (ValueError, RecursionError):
            return
        match entry:
            case {"task": str(task_id), "saved": dict(record)}:
                self._saved[task_id] = record
            case {"task": str(task_id), "saved": None}:
                self._saved.pop(task_id, None)

    def _commit(self, task_id: str) -> None:
        record = self._unfinished.pop(task_id)
        self._append([self._line(task_id, record)])
        self._saved[task_id] = record
        self._removed.pop(task_id, None)

    def _line(self, task_id: str, record: Record | None) -> str:
        return self._codec.encode({"task": task_id, "saved": record}) + "\n"

    def _append(self, lines: Sequence[str]) -> None:
        data = (("\n" if self._is_torn else "") + "".join(lines)).encode()
        self._has_written = self._is_torn = True
        try:
            # opened each time, so that a journal which another process replaces in between is not written to in vain
            with self._path.open("ab", buffering=0) as file:
                written = file.write(data)
        except OSError as error:
            raise self._unusable("write", error) from error
        if written != len(data):
            raise DatabaseException(f"cannot write doit's database '{self.name}': the disk is full")
        self._is_torn = False
        self._lines += len(lines)

    def _compact(self) -> None:
        lines = [self._line(task_id, record) for task_id, record in self._saved.items()]
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        try:
            new.write_text("".join(lines), encoding="utf-8")
            new.replace(self._path)
        except OSError:
            new.unlink(missing_ok=True)  # the long journal says the same
            return
        self._lines = len(lines)

    def _unusable(self, verb: str, error: OSError) -> DatabaseException:
        return DatabaseException(f"cannot {verb} doit's database '{self.name}': {error.strerror}")
