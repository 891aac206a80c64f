"""Worktrees that agents and tests work in.

A slot is a worktree outside the user's repository, filled once and then reused. Its own `.git` is a small private
repository that borrows the user's objects: an agent may commit, branch, stash or configure there as it likes. We
never read it: our view of the slot is an index that lies beside it.
"""

import hashlib
import os
import shutil
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from director.core.errors import GitError
from director.git.repository import Repository
from director.shell.scratch import scratch_directory


class Slot:
    """One worktree: `directory/tree` holds the files, `directory/index` is our view of them.

    An agent can write beside its worktree too. So an index is believed only while it is the one that we wrote; any
    other is made anew.
    """

    def __init__(self, repository: Repository, directory: Path, *, commit: str = "") -> None:
        """`commit` is what an earlier process prepared the slot for."""
        self.repository = repository
        self.directory = directory
        self._commit = commit
        self._seal: bytes | None = None

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
        """Make the slot equal to a commit, whatever happened to it before."""
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
        self._sweep()
        self._git("read-tree", "--reset", "-u", commit)
        self._commit, self._seal = commit, _digest(self.index)
        self._make_private_repository(commit)

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

    def _sweep(self) -> None:
        """Delete everything that our index does not name, and give directories their usual permissions.

        `git clean` leaves pipes, the `.git` of a nested repository and what lies in the directory of a submodule.
        """
        named = set(os.fsdecode(self._git("ls-files", "-z")).split("\0"))
        directories = _directories_of(named)
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
                elif is_directory or path not in named:
                    remove_tree(Path(entry))

    def _git(self, *arguments: str) -> bytes:
        """Run git on the slot as we see it; an agent may have deleted the whole directory."""
        self.tree.mkdir(parents=True, exist_ok=True)
        return self.repository.git(*arguments, index=self.index, worktree=self.tree)

    def _make_private_repository(self, commit: str) -> None:
        dot_git, common = self.tree / ".git", self.repository.common_dir
        for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
            (dot_git / name).mkdir(parents=True)
        (dot_git / "objects/info/alternates").write_bytes(os.fsencode(common / "objects") + b"\n")
        (dot_git / "HEAD").write_text(f"{commit}\n")
        longer = len(commit) == 64
        format_version = (
            "repositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n[core]\n"
            if longer
            else ("repositoryformatversion = 0\n")
        )
        (dot_git / "config").write_text(f"[core]\n\t{format_version}\tbare = false\n[gc]\n\tauto = 0\n")
        shutil.copy2(self.index, dot_git / "index")  # its time tells git which files may have changed unseen
        if (common / "shallow").is_file():
            shutil.copyfile(common / "shallow", dot_git / "shallow")

    def changes(self) -> list[str]:
        """Return every path that differs from the slot's commit, ignored or not; a new directory ends in a slash.

        Pipes and the like are not named, nor is what lies in the directory of a submodule: they cannot land.
        """
        self._unbend()
        output = self._git("ls-files", "-z", "--modified", "--others", "--directory", "--no-empty-directory")
        return sorted({path for path in output.decode(errors="surrogateescape").split("\0") if path})

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


class Pool:
    """The slots of one job; a slot is used by one at a time and made on demand."""

    def __init__(self, repository: Repository, directory: Path) -> None:
        self._repository = repository
        self.directory = directory
        self._lock = threading.Lock()
        self._free: dict[str, list[Slot]] = {}
        self._made: dict[str, int] = {}
        self._slots: dict[str, Slot] = {}
        self._withheld: set[str] = set()

    @contextmanager
    def slot(self, kind: str, commit: str) -> Iterator[Slot]:
        """Lend a slot that is equal to a commit. Agents and gates use slots of different kinds."""
        slot = self._take(kind)
        try:
            slot.prepare(commit)
            yield slot
        finally:
            with self._lock:
                if slot.name not in self._withheld:
                    self._free[kind].append(slot)

    def named(self, name: str, commit: str) -> Slot:
        """Return a slot by its name, whoever uses it; `commit` is what it was prepared for, maybe by a killed run."""
        with self._lock:
            return self._slots.setdefault(name, Slot(self._repository, self.directory / name, commit=commit))

    def withhold(self, name: str) -> None:
        """Do not lend a slot again when it comes back: the next run wants its files as they are."""
        with self._lock:
            self._withheld.add(name)

    def _take(self, kind: str) -> Slot:
        with self._lock:
            free = self._free.setdefault(kind, [])
            if free:
                return free.pop()
            self._made[kind] = self._made.get(kind, 0) + 1
            name = f"{kind}-{self._made[kind]}"
            return self._slots.setdefault(name, Slot(self._repository, self.directory / name))


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


def _directories_of(paths: Iterable[str]) -> set[str]:
    directories: set[str] = set()
    for path in paths:
        above = path.rpartition("/")[0]
        while above and above not in directories:
            directories.add(above)
            above = above.rpartition("/")[0]
    return directories


def remove_tree(directory: Path) -> None:
    """Delete a file, a link or a directory, also one whose permissions were taken away."""
    if directory.is_symlink() or not directory.is_dir():
        directory.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(directory)
    except PermissionError:
        _make_accessible(directory)
        shutil.rmtree(directory)


def _make_accessible(directory: Path) -> None:
    directory.chmod(stat.S_IRWXU)
    for top, below, _ in os.walk(directory):
        for place in (Path(top, name) for name in below):
            if not place.is_symlink():
                place.chmod(stat.S_IRWXU)
