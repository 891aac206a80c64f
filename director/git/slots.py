"""Worktrees that agents and tests work in.

A slot is a worktree outside the user's repository, filled once and then reused. Its own `.git` is a small private
repository that borrows the user's objects: an agent may commit, branch, stash or configure there as it likes. We
never read it: our view of the slot is an index that lies beside it.
"""

import os
import stat
from collections.abc import Iterable, Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from director.core.errors import GitError
from director.git.copying import Altered
from director.git.directories import Directories
from director.git.files import Files
from director.git.private import PrivateRepository
from director.git.provision import Order, Provision, give, take_stock
from director.git.provisions import Provisions
from director.git.removal import remove_tree
from director.git.repository import Repository
from director.git.seals import Seal
from director.git.snapshots import snapshot
from director.git.stock import Stock
from director.git.tracked import Tracked, directories_of
from director.shell import cores


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
        self.tree = directory / "tree"
        """Where the files are."""
        self.index = directory / "index"
        """Our index of the files."""
        self.commit = commit
        """What it stands at."""
        self._seal = Seal()
        self._times = 0
        """How often it was checked out since its index is ours."""
        self._files = Files(self.tree)
        self._directories = Directories(self.tree)
        self._private = PrivateRepository(self.tree, borrowing=repository.common_dir)
        self._provider, self._provisions = provider, provisions
        self.provision = provisions.of(self.name) if provisions else Provision(Stock(directory))

    @property
    def name(self) -> str:
        """Its name in the pool."""
        return self.directory.name

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
        self._directories.forget()
        self._make_equal(order.commit)
        with cores.anywhere():
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
        if not self._seal.holds(self.index):
            self._index_anew(commit)
            self._directories.forget()
            self._files.forget()
        standing = self._sweep()
        if commit != self.commit or not self._stands():
            self._check_out(commit)
        if not standing.issuperset((*self.provision.files, *self.provision.directories)):
            with cores.anywhere():
                self.provision.give_again(self.tree, self._tracked(), standing=standing)
        self._private.make_equal(commit, index=self.index, seal=self._seal)

    def _stands(self) -> bool:
        """Tell whether every file of the commit stands as it was checked out.

        Of files that it wrote in the second of its index git reads the contents. So a second check-out comes first.
        """
        known = self._files.stand()
        return self._times > 1 and not self._git("diff-files", "--name-only") if known is None else known

    def _check_out(self, commit: str) -> None:
        """Make the files equal to a commit; those that are so already are not written again."""
        self._times += 1
        self._seal.take_off()
        self._files.forget()
        self._git("read-tree", "--reset", "-u", commit)
        changed = self.repository.changed(self.commit, commit)
        self.commit = commit
        self._seal.put_on(self.index)
        self._sweep(only={"", *directories_of(changed)})
        self._files.remember(self.repository.trees.files(self.repository.tree(commit)))

    def _sweep(self, *, only: Set[str] | None = None) -> set[str]:
        """Delete what is neither tracked nor given, or not as it was given; return what was given and stands.

        If `only` some directories may have changed, that is done in them alone.
        """
        mode, tracked = self.directory.stat().st_mode | stat.S_IRWXU, self._tracked()
        directories = self._directories.sweep(tracked, self.provision, mode=mode, only=only)
        return self.provision.standing(self.tree, tracked, directories=directories)

    def _unbend(self) -> None:
        """Make the index anew from the slot's commit, unless it is as we left it."""
        if not self._seal.holds(self.index):
            self._index_anew(self.commit)

    def _index_anew(self, commit: str) -> None:
        """Make an index of a commit; files that are as the commit has them are not written again."""
        remove_tree(self.index)
        remove_tree(self.index.with_name("index.lock"))
        self._git("read-tree", commit)
        self.repository.git.attempt("update-index", "-q", "--refresh", index=self.index, worktree=self.tree)
        self.commit, self._times = commit, 0
        self._seal.put_on(self.index)

    def _tracked(self) -> Tracked:
        return Tracked(self.repository.trees, self.repository.tree(self.commit))

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
            tracked = self._tracked()
            found = {path for path in found if not tracked.has_file(path)}
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
        """Write the tree of the slot's commit with these paths as they now stand; nothing else is taken."""
        self._unbend()
        standing = {path for path in paths if self._is_plain(path) and (self.tree / path).exists()}
        return snapshot(self.repository, self.commit, self.tree, paths, standing=standing, index=self.index)
