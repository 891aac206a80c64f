"""What a worktree holds besides its commit: files that it was given, what its set-up made, and links.

An agent or a test may change all of it. What is no longer as it was, is found by its stamp, without reading it, and
given again from the worktree's stock; where that cannot be, the worktree is set up again.
"""

import os
import stat
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from director.git.copying import copy
from director.git.removal import remove_tree
from director.git.stock import Stock, stamps_of
from director.git.tracked import Tracked, directories_of, directory_of
from director.shell import contents
from director.shell.contents import Stamp


@dataclass(frozen=True)
class Order:
    """What the worktrees of a commit are to hold besides it."""

    digest: str
    """Of everything that it is made from."""
    commit: str
    """Where it is made: so that nothing of a commit that has not landed is found by another one."""


@dataclass
class Provision:
    """What a worktree was given, and how it stood when it was."""

    stock: Stock
    digest: str = ""
    """Of what it was ordered with; empty where it cannot be believed."""
    files: dict[str, Stamp] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)
    """Those that are in no commit, and all that lead to files."""

    @cached_property
    def nested(self) -> dict[str, list[str]]:
        """The names of the directories by the one that they are in."""
        nested: dict[str, list[str]] = {}
        for path in self.directories:
            nested.setdefault(directory_of(path), []).append(path.rpartition("/")[2])
        return nested

    def is_intact(self, tree: Path, path: str) -> bool:
        """Tell whether a file or a link was given and stands in the worktree as it was."""
        known, place = self.files.get(path), f"{tree}/{path}"
        return known is not None and contents.is_same(known, contents.stamps([place]).get(place))

    def standing(self, tree: Path, tracked: Tracked, *, directories: Set[str]) -> set[str]:
        """Return what was given and stands as it did, of the directories that stand; files that do not are deleted."""
        found = {path for path in self.files if directory_of(path) in directories}
        intact = {path for path in found if self.is_intact(tree, path)}
        for path in found - intact:
            if not tracked.meets(path):
                remove_tree(tree / path)
        return intact | (directories & self.directories)

    def give_again(self, tree: Path, tracked: Tracked, *, standing: Set[str]) -> None:
        """Put back what does not stand in a worktree any more. Raises Altered if the stock was altered."""
        for directory in sorted(self.directories - standing):
            if not tracked.meets(directory):
                (tree / directory).mkdir(parents=True, exist_ok=True)
        if given := give(self.stock, self.files.keys() - standing, tree, tracked):
            contents.settle()
            self.files |= stamps_of(tree, given)


def give(stock: Stock, paths: Iterable[str], tree: Path, tracked: Tracked) -> list[str]:
    """Copy files of a stock into a worktree that lacks them, and return which; what is tracked goes before."""
    given = [path for path in sorted(paths) if not tracked.meets(path)]
    for path in given:
        stock.give(path, tree)
    return given


def take_stock(tree: Path, tracked: Tracked, stock: Stock, *, digest: str) -> Provision:
    """Keep everything that a worktree holds besides its commit; files that others link to are made its own."""
    files, directories = _besides(tree, tracked)
    for path in files:
        _sever(tree / path, scratch=stock.directory.with_suffix(".one"))
        stock.keep(tree, path)
    stock.close()
    return Provision(stock, digest, stamps_of(tree, files), directories | directories_of(files))


def _besides(tree: Path, tracked: Tracked) -> tuple[list[str], set[str]]:
    """Return files and links that are not tracked, and directories that hold nothing tracked."""
    files, directories, pending = [], set(), [""]
    while pending:
        below = pending.pop()
        for entry in os.scandir(tree / below):
            path = below + entry.name
            if path == ".git" or tracked.has_file(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                _open_up(entry)
                pending.append(f"{path}/")
                directories |= set() if tracked.has_directory(path) else {path}
            elif not tracked.has_directory(path) and (entry.is_symlink() or entry.is_file(follow_symlinks=False)):
                files.append(path)
    return files, directories


def _open_up(entry: os.DirEntry[str]) -> None:
    mode = entry.stat(follow_symlinks=False).st_mode
    if mode & stat.S_IRWXU != stat.S_IRWXU:
        Path(entry).chmod(mode | stat.S_IRWXU)


def _sever(place: Path, *, scratch: Path) -> None:
    """Make a file one that no other name leads to: package managers link to a cache that all worktrees share."""
    if place.lstat().st_nlink > 1 and os.access(place, os.R_OK):
        scratch.unlink(missing_ok=True)
        copy(place, scratch)
        scratch.replace(place)
