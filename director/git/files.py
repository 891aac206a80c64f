"""The files of a worktree: whether all of them are as they were when they were last looked at."""

import hashlib
import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from director.git.trees import Entry
from director.shell import contents
from director.shell.contents import UNSETTLED, Stamp

MOST = 500
"""Of so many files the stamps are known; git looks at more of them faster."""


class Files:
    """Those of one worktree, with their stamps, which change with their contents and their permissions."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stamps: dict[str, Stamp] | None = None
        self._young: dict[str, tuple[str, int]] = {}
        """The blobs and modes of those that have no stamp yet by which a later change would be seen: they are read."""

    def forget(self) -> None:
        """Know nothing of them."""
        self._stamps, self._young = None, {}

    def remember(self, files: Iterable[tuple[str, Entry]]) -> None:
        """Know them as they stand now, which is as the commit has them, unless they are too many."""
        self.forget()
        entries = {f"{self._root}/{path}": entry for path, entry in islice(files, MOST + 1)}
        stamps = contents.stamps(entries) if len(entries) <= MOST else {}
        if len(stamps) == len(entries):
            young = (place for place, stamp in stamps.items() if stamp == UNSETTLED)
            self._young = {place: (entries[place].name, os.lstat(place).st_mode) for place in young}
            self._stamps = {place: stamp for place, stamp in stamps.items() if stamp != UNSETTLED}

    def stand(self) -> bool | None:
        """Tell whether all of them stand and none of them changed; None where that is not known."""
        if self._stamps is None:
            return None
        now = contents.stamps(self._young)  # before they are read: what changes afterwards has another stamp
        if not all(_holds(place, blob, mode=mode) for place, (blob, mode) in self._young.items()):
            return False
        grown = {place: stamp for place, stamp in now.items() if stamp != UNSETTLED}
        self._stamps |= grown
        self._young = {place: known for place, known in self._young.items() if place not in grown}
        return contents.stand(self._stamps)


def _holds(place: str, blob: str, *, mode: int) -> bool:
    """Tell whether a file or a link of this mode holds a blob, byte for byte."""
    try:
        found, is_same = contents.read(Path(place)), os.lstat(place).st_mode == mode
    except OSError:
        return False
    return is_same and found is not None and found.is_known and _name(found.data, like=blob) == blob


def _name(data: bytes, *, like: str) -> str:
    """Return the name that git gives to a blob, by the digest that another name was made with."""
    digest = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return digest(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
