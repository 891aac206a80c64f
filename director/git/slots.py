"""Worktrees that agents and tests work in.

A slot is a worktree outside the user's repository, filled once and then reused. Its own `.git` is a small private
repository that borrows the user's objects: an agent may commit, branch, stash or configure there as it likes. We
never read it: our view of the slot is an index that lies beside it.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from director.core.errors import GitError
from director.git.copying import Altered
from director.git.private import make_private_repository
from director.git.provision import Order, Provision, Tracked, give, take_stock
from director.git.provisions import Provisions
from director.git.removal import remove_tree
from director.git.repository import Repository
from director.git.stock import Stock
from director.shell.scratch import scratch_directory


class Provider(Protocol):
    """Knows what worktrees are to hold besides their commit, and makes it."""

    def order(self, commit: str, slot: str) -> Order:
        """Say what the slot of a name is to hold for a commit."""

    def fill(self, slot: "Slot", order: Order) -> None:
        """Make it in a slot that is equal to the order's commit. Raises SetupFailed."""


class Slot:
    """One worktree: `directory/tree` holds the files, `directory/index` is our view of them.

    An agent can write beside its worktree too. So an index is believed only while it is the one that we wrote; any
    other is made anew.
    """

    def __init__(
        self,
        repository: Repository,
        directory: Path,
        *,
        commit: str = "",
        provider: Provider | None = None,
        provisions: Provisions | None = None,
    ) -> None:
        """`commit` is what an earlier process prepared the slot for."""
        self.repository = repository
        self.directory = directory
        self._commit = commit
        self._seal: bytes | None = None
        self._provider, self._provisions = provider, provisions
        self.provision = provisions.of(self.name) if provisions else Provision(Stock(directory))

    @property
    def name(self) -> str:
        """Its name in the pool."""
        return self.directory.name

    @property
    def tree(self) -> Path:
        """Where the files are."""
        return self.directory / "tree"

    @property
    def index(self) -> Path:
        """Our index of the files."""
        return self.directory / "index"

    def is_whole(self) -> bool:
        """Tell whether there is a worktree, so that a call that worked in it can be completed."""
        return self.tree.is_dir() and not self.tree.is_symlink()

    def prepare(self, commit: str) -> None:
        """Make the slot equal to a commit, with what it is to hold besides, whatever happened to it before."""
        if self._provider and self._provisions:
            order = self._provider.order(commit, self.name)
            if order.digest == self.provision.digest:
                with suppress(Altered):
                    self._make_equal(commit)
                    return
            self._provide(order, self._provider, self._provisions)
        self._make_equal(commit)

    def _provide(self, order: Order, provider: Provider, provisions: Provisions) -> None:
        """Have the slot set up; if that is interrupted, it is done again."""
        self.provision = provisions.forget(self.name)
        self._make_equal(order.commit)
        provider.fill(self, order)
        self.provision = take_stock(self.tree, self._tracked(), self.provision.stock, digest=order.digest)
        provisions.keep(self.name, self.provision)

    def _make_equal(self, commit: str) -> None:
        try:
            self._reset(commit)
        except (GitError, OSError):
            remove_tree(self.directory)
            self._reset(commit)

    def _reset(self, commit: str) -> None:
        for place in (self.directory, self.tree):
            if place.is_symlink() or place.is_file():
                place.unlink()
        self.tree.mkdir(parents=True, exist_ok=True)
        for entry in os.scandir(self.directory):
            if entry.name not in (self.tree.name, self.index.name):
                remove_tree(Path(entry))
        if not self._is_sealed():
            self._index_anew(commit)
        standing = self._sweep()
        self._git("read-tree", "--reset", "-u", commit)
        self._commit, self._seal = commit, _digest(self.index)
        if not standing.issuperset((*self.provision.files, *self.provision.directories)):
            self.provision.give_again(self.tree, self._tracked(), standing=standing)
        make_private_repository(self.tree, commit, index=self.index, borrowing=self.repository.common_dir)

    def _is_sealed(self) -> bool:
        return self._seal is not None and self._seal == _digest(self.index)

    def _unbend(self) -> None:
        """Make the index anew from the slot's commit, unless it is as we left it."""
        if not self._is_sealed():
            self._index_anew(self._commit)
            self._seal = _digest(self.index)

    def _index_anew(self, commit: str) -> None:
        """Make an index of a commit; files that are as the commit has them are not written again."""
        remove_tree(self.index)
        remove_tree(self.index.with_name("index.lock"))
        self._git("read-tree", commit)
        self.repository.git.attempt("update-index", "-q", "--refresh", index=self.index, worktree=self.tree)

    def _sweep(self) -> set[str]:
        """Delete everything that our index does not name and that was not given, or not like this.

        Returns what was given and stands. Directories get their usual permissions. `git clean` leaves pipes, the
        `.git` of a nested repository and what lies in the directory of a submodule.
        """
        tracked, provision = self._tracked(), self.provision
        directories = tracked.directories | provision.directories
        standing = set()
        usual = self.directory.stat().st_mode | stat.S_IRWXU
        pending = [""]
        while pending:
            below = pending.pop()
            directory = self.tree / below
            if directory.stat().st_mode != usual:
                directory.chmod(usual)
            for entry in os.scandir(directory):
                path, is_directory = below + entry.name, entry.is_dir(follow_symlinks=False)
                if is_directory and path in directories:
                    pending.append(f"{path}/")
                    standing |= {path} & provision.directories
                elif not is_directory and provision.is_intact(self.tree, path):
                    standing.add(path)
                elif is_directory or path not in tracked.files:
                    remove_tree(Path(entry))
        return standing

    def _tracked(self) -> Tracked:
        return Tracked(os.fsdecode(self._git("ls-files", "-z")).rstrip("\0").split("\0"))

    def _git(self, *arguments: str) -> bytes:
        """Run git on the slot as we see it; an agent may have deleted the whole directory."""
        self.tree.mkdir(parents=True, exist_ok=True)
        return self.repository.git(*arguments, index=self.index, worktree=self.tree)

    def changes(self) -> list[str]:
        """Return every path that differs from the slot's commit, ignored or not; a new directory ends in a slash.

        Pipes and the like are not named, nor is what lies in the directory of a submodule: they cannot land.
        """
        self._unbend()
        output = self._git("ls-files", "-z", "--modified", "--others", "--directory", "--no-empty-directory")
        return sorted({path for path in output.decode(errors="surrogateescape").split("\0") if path})

    def given(self, paths: Iterable[str]) -> set[str]:
        """Return those of the paths that the slot was given: they are not of its commit, and none of them lands."""
        found = self.provision.files.keys() & set(paths)
        if found:
            self._unbend()
            found -= self._tracked().files
        return found

    def altered(self, given: Iterable[str]) -> list[str]:
        """Return those of the paths that were given and do not stand as they were."""
        return sorted(path for path in given if not self.provision.is_intact(self.tree, path))

    def give(self, stock: Stock) -> None:
        """Copy what a stock holds into the slot; what the commit holds goes before."""
        give(stock, stock.kept, self.tree, self._tracked())

    def holds(self, path: str) -> bool:
        """Tell whether the slot's commit has something at a path, below it or on the way to it."""
        return self._tracked().meets(path)

    def tracked_changes(self) -> list[str]:
        """Return the files of the commit that are no longer as it has them."""
        self._unbend()
        output = self._git("ls-files", "-z", "--modified").decode(errors="surrogateescape")
        return sorted({path for path in output.split("\0") if path})

    def expand(self, path: str) -> list[str]:
        """Return the files below a path that `changes` gave."""
        if not path.endswith("/"):
            return [path]
        found: list[str] = []
        for top, directories, files in os.walk(self.tree / path):
            below = Path(top).relative_to(self.tree)
            links = (name for name in directories if Path(top, name).is_symlink())
            found += (f"{below}/{name}" for name in (*files, *links))
        return sorted(found)

    def has(self, path: str) -> bool:
        """Tell whether something stands at a path, be it a link that leads nowhere."""
        return os.path.lexists(self.tree / path)

    def irregular(self, paths: Iterable[str]) -> list[str]:
        """Return those of the paths that cannot be taken: no regular file, or not ours to read, or behind a link."""
        return [path for path in paths if not self._is_plain(path)]

    def _is_plain(self, path: str) -> bool:
        place = self.tree / path
        if any(parent.is_symlink() for parent in place.parents if parent.is_relative_to(self.tree)):
            return False
        try:
            return stat.S_ISREG(place.lstat().st_mode) and os.access(place, os.R_OK)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except PermissionError:
            return False

    def snapshot(self, paths: Sequence[str]) -> str:
        """Write the tree of the slot's commit with these paths as they now stand; nothing else is taken.

        The files are copied to a place of their own: there git applies the attributes of the commit, whatever
        .gitattributes say in the slot, and takes no file for unchanged because of its size and time.
        """
        self._unbend()
        with scratch_directory() as scratch:
            index, files = Path(scratch) / "index", Path(scratch) / "files"
            shutil.copyfile(self.index, index)
            files.mkdir()
            for path in paths:
                if self._is_plain(path) and (self.tree / path).exists():
                    (files / path).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(self.tree / path, files / path)
            names = "\0".join(paths).encode(errors="surrogateescape")
            update = ("update-index", "--add", "--remove", "--replace", "-z", "--stdin")
            self.repository.git(*update, stdin=names, index=index, worktree=files)
            return self.repository.git("write-tree", index=index, worktree=files).decode().strip()


def _digest(index: Path) -> bytes | None:
    """Return the digest of a regular file; None for anything else in its place."""
    if not stat.S_ISREG(_mode(index)):
        return None
    with index.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return 0
