"""The directories of a worktree: what does not belong there is deleted, and only those that changed are looked into.

The time of a directory's last change, which nobody can set, moves when something in it is added, renamed or taken away,
and when its permissions change. So what was in a directory when it was last looked into is there still.
"""

import os
import stat
from collections.abc import Iterator, Set
from pathlib import Path

from director.git import private
from director.git.provision import Provision
from director.git.removal import remove_tree
from director.git.tracked import Tracked
from director.shell import contents
from director.shell.contents import Stamp


class Directories:
    """Those of one worktree, with the stamps that they had when nothing was in them that does not belong there."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._stamps: dict[str, Stamp] = {}

    def forget(self) -> None:
        """Look into each of them the next time."""
        self._stamps = {}

    def sweep(self, tracked: Tracked, provision: Provision, *, mode: int, only: Set[str] | None = None) -> set[str]:
        """Delete what is neither tracked nor given, and return the directories that were seen to stand, by their paths.

        They get the permissions `mode`. If `only` some may have changed, no other is looked at; those above them are
        among them. `git clean` leaves pipes, the `.git` of a nested repository and what lies in the directory of a
        submodule.
        """
        before = self._stamps
        self._stamps = {} if only is None else {path: stamp for path, stamp in before.items() if path not in only}
        pending, standing = [("", tracked.tree)], set()
        while pending:
            path, tree = pending.pop()
            status = self._status(path) if only is None or path in only else None
            if status is None:
                continue
            standing.add(path)
            nested = dict(self._nested(path, tree, tracked, provision))
            stamp = contents.stamp(status)
            if not contents.is_same(before.get(path), stamp):
                if status.st_mode != mode:
                    Path(self._place(path)).chmod(mode)
                self._clear(path, tree, nested, tracked, provision)
            self._stamps[path] = stamp
            pending += nested.items()
        return standing

    def _nested(self, path: str, tree: str, tracked: Tracked, provision: Provision) -> Iterator[tuple[str, str]]:
        """Yield the directories that belong into one, with their trees; a submodule and one that is given have none."""
        yield from ((_join(path, name), "") for name in provision.nested.get(path, ()))
        if tree:
            yield from ((_join(path, name), below) for name, below in tracked.trees.directories(tree))

    def _clear(self, path: str, tree: str, nested: dict[str, str], tracked: Tracked, provision: Provision) -> None:
        entries = tracked.trees.entries(tree) if tree else {}
        for entry in os.scandir(self._place(path)):
            child = _join(path, entry.name)
            if entry.is_dir(follow_symlinks=False):
                belongs = child in nested or child == private.NAME
            else:
                known = entries.get(entry.name)
                belongs = child in provision.files or (known is not None and not known.is_directory)
            if not belongs:
                remove_tree(Path(entry))

    def _status(self, path: str) -> os.stat_result | None:
        """Return what is known of a directory; None where there is none, be it a link to one."""
        try:
            status = os.lstat(self._place(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return status if stat.S_ISDIR(status.st_mode) else None

    def _place(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
