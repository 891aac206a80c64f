"""What tasks were built from, as it was: small copies by their content, so that a change can be told to the line.

They serve words alone. One that is missing, spoiled or too large costs nothing but the line; so nothing is synced, and
no copy is believed that is not what its name says.
"""

import hashlib
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

LIMIT = 8_000_000
"""Bytes; what is larger is not kept."""
_NAME = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Built:
    """A directory of copies."""

    path: Path

    def keep(self, source: Path, *, sha256: str, size: int) -> bool:
        """Keep a file as it was when its digest was taken; return whether a copy was written."""
        copy = self.path / sha256
        with suppress(OSError):  # a full disk, or a file that is gone: then there are fewer words
            if size > LIMIT or _size(copy) == size:
                return False
            data = source.read_bytes()
            if hashlib.sha256(data).hexdigest() == sha256:
                _write(copy, data)
                return True
        return False

    def read(self, sha256: str) -> str | None:
        """Return a text as it was; None if it is not kept, or not as it was."""
        copy = self.path / sha256
        with suppress(OSError):
            size = _size(copy) if _NAME.fullmatch(sha256) else None
            data = copy.read_bytes() if size is not None and size <= LIMIT else b""
            return data.decode("utf-8", "replace") if hashlib.sha256(data).hexdigest() == sha256 else None
        return None

    def prune(self, named: Collection[str]) -> None:
        """Delete the copies that nothing names any more."""
        with suppress(OSError):
            for copy in self.path.iterdir():
                if copy.name not in named:
                    copy.unlink(missing_ok=True)


def _size(path: Path) -> int | None:
    """Return the size of a regular file; None for everything else."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_size if S_ISREG(status.st_mode) else None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    with path.open("xb") as file:  # never through a link that somebody laid there
        file.write(data)
