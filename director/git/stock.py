"""Copies of files that do not belong to a commit, kept where nobody works, from which worktrees are given theirs."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from director.git.copying import Altered, copy
from director.git.removal import remove_tree
from director.shell import contents
from director.shell.contents import Stamp

ROOM_BYTES = 1024**3
"""So much is kept in one stock."""


class Stock:
    """Files by their paths. An agent can write here too, so a copy is given only while it is the one that was kept."""

    def __init__(self, directory: Path, kept: Mapping[str, Stamp] | None = None) -> None:
        """`kept` is what an earlier process kept here."""
        self.directory = directory
        self.kept = dict(kept or {})
        self._bytes = 0

    def clear(self) -> None:
        """Keep nothing more."""
        remove_tree(self.directory)
        self.kept, self._bytes = {}, 0

    def keep(self, root: Path, path: str) -> str:
        """Take a copy of a file or a link; return why it cannot be kept, if so."""
        try:
            size = (root / path).lstat().st_size
            if self._bytes + size > ROOM_BYTES:
                return f"there is room for {ROOM_BYTES // 1024**2} MiB"
            copy(root / path, self.directory / path)
        except (Altered, PermissionError):
            return "no file that can be read"
        self._bytes += size
        self.kept[path] = contents.UNSETTLED
        return ""

    def keep_link(self, path: str, leads: str) -> None:
        """Keep a link that leads somewhere."""
        place = self.directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(leads)
        self.kept[path] = contents.UNSETTLED

    def close(self) -> None:
        """Remember the copies as they are now."""
        contents.settle()
        self.kept = stamps_of(self.directory, self.kept)

    def give(self, path: str, tree: Path) -> None:
        """Copy a file into a worktree. Raises Altered if it is not the one that was kept."""
        place, known = str(self.directory / path), self.kept.get(path)
        if known is None or not contents.is_same(known, contents.stamps([place]).get(place)):
            raise Altered(self.directory / path)
        copy(self.directory / path, tree / path, known=known)


def stamps_of(root: Path, paths: Iterable[str]) -> dict[str, Stamp]:
    """Return the stamp of what stands at each path below a directory."""
    return {path: contents.stamp(os.lstat(f"{root}/{path}")) for path in paths}
