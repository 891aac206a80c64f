"""Worktrees that agents and tests work in.

A slot is a worktree outside the user's repository, filled once and then reused. Its own `.git` is a small private
repository that borrows the user's objects: an agent may commit, branch, stash or configure there as it likes. We
never read it: our view of the slot is an index that lies beside it.
"""

import os
import shutil
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from director.core.errors import GitError
from director.git.repository import Repository
from director.shell.scratch import scratch_directory


@dataclass(frozen=True)
class Slot:
    """One worktree: `directory/tree` holds the files, `directory/index` is our view of them."""

    repository: Repository
    directory: Path

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
        """Tell whether its files can be compared with the commit that it was made from."""
        try:
            self._git("ls-files", "-z", "--modified")
        except (GitError, OSError):
            return False
        return self.index.is_file()

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
        self.index.with_name("index.lock").unlink(missing_ok=True)
        self._sweep()
        self._git("read-tree", "--reset", "-u", commit)
        self._make_private_repository(commit)

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
        """Return every path that differs from the commit, ignored or not; a new directory ends in a slash.

        Pipes and the like are not named, nor is what lies in the directory of a submodule: they cannot land.
        """
        output = self._git("ls-files", "-z", "--modified", "--others", "--directory", "--no-empty-directory")
        return sorted({path for path in output.decode(errors="surrogateescape").split("\0") if path})

    def expand(self, path: str) -> list[str]:
        """Return the files below a path that `changes` gave."""
        if not path.endswith("/"):
            return [path]
        below = (self.tree / path).rglob("*")
        return sorted(str(file.relative_to(self.tree)) for file in below if not file.is_dir() or file.is_symlink())

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
        """Write the tree of the commit with these paths as they now stand; nothing else is taken.

        The files are copied to a place of their own: there git applies the attributes of the commit, whatever
        .gitattributes say in the slot, and takes no file for unchanged because of its size and time.
        """
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

    @contextmanager
    def slot(self, kind: str, commit: str) -> Iterator[Slot]:
        """Lend a slot that is equal to a commit. Agents and gates use slots of different kinds."""
        slot = self._take(kind)
        try:
            slot.prepare(commit)
            yield slot
        finally:
            with self._lock:
                self._free[kind].append(slot)

    def named(self, name: str) -> Slot:
        """Return a slot by its name, whoever uses it."""
        return Slot(self._repository, self.directory / name)

    def _take(self, kind: str) -> Slot:
        with self._lock:
            free = self._free.setdefault(kind, [])
            if free:
                return free.pop()
            self._made[kind] = self._made.get(kind, 0) + 1
            return Slot(self._repository, self.directory / f"{kind}-{self._made[kind]}")


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
