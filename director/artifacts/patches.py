"""Patches in the user's cache directory: a file for each, and beside it one byte for each time that it landed.

Several directors read, write and prune here at once, and none of them locks: a file is replaced in one step, and one
that is gone is one that is not known. An agent can write here too, so what is read is data.
"""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from director.artifacts.files import write_model
from director.core.patches import MAX_BYTES, KeptPatch, Patch

_ENTRY, _HITS, _UNFINISHED = ".json", ".hits", ".unfinished"
_UNFINISHED_SECONDS = 3600.0
"""What was begun longer ago belongs to nobody who is still writing it."""


class PatchStore:
    """Patches by their keys."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def read(self, key: str) -> bytes | None:
        """Return what is kept under a key; None if there is nothing, and for what is too long or no file."""
        try:
            with open(self._entry(key), "rb", opener=_open_itself) as file:
                status = os.fstat(file.fileno())
                is_readable = stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES
                return file.read(MAX_BYTES) if is_readable else None
        except OSError:
            return None

    def write(self, patch: Patch) -> None:
        """Keep a patch, in place of what was kept under its key; one that would be too long to be read is not kept."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_model(self._entry(patch.key), patch)

    def count_hit(self, key: str) -> None:
        """Take down that a patch has landed."""
        with suppress(OSError), self._hits(key).open("ab") as file:
            file.write(b".")

    def drop(self, key: str) -> None:
        """Forget what is kept under a key."""
        for path in (self._entry(key), self._hits(key)):
            path.unlink(missing_ok=True)

    def kept(self) -> list[KeptPatch]:
        """Return what is kept, the least recently used first."""
        found = [kept for path in self._files(_ENTRY) if (kept := self._look(path))]
        return sorted(found, key=lambda kept: kept.used)

    def sweep(self) -> None:
        """Delete what a killed process had begun to write, and hits of patches that are gone."""
        before = time.time() - _UNFINISHED_SECONDS
        for path in self._files(_UNFINISHED):
            with suppress(FileNotFoundError):
                if path.lstat().st_mtime < before:
                    path.unlink()
        for path in self._files(_HITS):
            if not self._entry(path.stem).exists():
                path.unlink(missing_ok=True)

    def _look(self, entry: Path) -> KeptPatch | None:
        try:
            status = entry.lstat()
        except FileNotFoundError:
            return None
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
            return None
        used, hits = status.st_mtime, 0
        with suppress(FileNotFoundError):
            counted = self._hits(entry.stem).lstat()
            used, hits = max(used, counted.st_mtime), counted.st_size
        return KeptPatch(key=entry.stem, bytes=status.st_size, hits=hits, used=used)

    def _files(self, suffix: str) -> Iterator[Path]:
        with suppress(FileNotFoundError), os.scandir(self.directory) as entries:
            yield from [Path(entry) for entry in entries if entry.name.endswith(suffix)]

    def _entry(self, key: str) -> Path:
        return self.directory / f"{key}{_ENTRY}"

    def _hits(self, key: str) -> Path:
        return self.directory / f"{key}{_HITS}"


def _open_itself(path: str, flags: int) -> int:
    """Open what stands at a path: no link is followed, and no pipe is waited for."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
