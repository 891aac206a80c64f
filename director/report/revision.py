"""Whether anything of a job changed, told from its files alone."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from director.artifacts.directory import JobDirectory

_SHOWN = frozenset({"", ".db", ".json", ".jsonl", ".md", ".toml", ".txt"})
"""The endings of files that a page is made from."""
_STREAMED = "transcript.jsonl"
"""Grows while an agent works, and no page shows it."""


def revision_of(directory: JobDirectory) -> str:
    """Return a digest of the names, sizes and times of the files that tell how a job stands."""
    unseen = (directory.report, directory.path / "generated")
    watched = (directory.config, directory.arm, directory.holder, directory.path / "profiles", *directory.artifacts())
    told = (line for path in watched if path not in unseen for line in _signs(path))
    return hashlib.sha256("\n".join(told).encode(errors="surrogateescape")).hexdigest()[:16]


def _signs(path: Path) -> Iterator[str]:
    """Tell a file, or those below a directory, apart from what they were; no link is followed."""
    with suppress(OSError):  # it was moved or replaced meanwhile, which the next look sees
        status = path.lstat()
        if S_ISREG(status.st_mode) and path.suffix in _SHOWN and path.name != _STREAMED:
            yield f"{path} {status.st_mtime_ns} {status.st_size} {status.st_ino}"
        elif S_ISDIR(status.st_mode):
            with os.scandir(path) as entries:
                names = sorted(entry.name for entry in entries)
            for name in names:
                yield from _signs(path / name)
