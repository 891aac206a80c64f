"""Worktrees that agents and tests work in.

A slot is a worktree outside the user's repository, filled once and then reused. Its own `.git` is a small private
repository that borrows the user's objects: an agent may commit, branch, stash or configure there as it likes. We
never read it: our view of the slot is an index that lies beside it.
"""

import shutil
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from director.core.errors import GitError
from director.git.commands import scratch_index
from director.git.repository import Repository


@dataclass(frozen=True)
class Slot:
    """One worktree: `directory/tree` holds the files, `directory/index` is our view of them."""

    repository: Repository
    directory: Path

    @property
    def tree(self) -> Path:
        """Where the files are."""
        return self.directory / "tree"

    @property
    def index(self) -> Path:
        """Our index of the files."""
        return self.directory / "index"

    def prepare(self, commit: str) -> None:
        """Make the slot equal to a commit, whatever happened to it before."""
        try:
            self._reset(commit)
        except (GitError, OSError):
            remove_tree(self.directory)
            self._reset(commit)

    def _reset(self, commit: str) -> None:
        self.tree.mkdir(parents=True, exist_ok=True)
        self.index.with_name("index.lock").unlink(missing_ok=True)
        remove_tree(self.tree / ".git")
        git = self.repository.git
        git("read-tree", "--reset", "-u", commit, index=self.index, worktree=self.tree)
        git("clean", "-ffdxq", index=self.index, worktree=self.tree)
        self._make_private_repository(commit)

    def _make_private_repository(self, commit: str) -> None:
        dot_git, common = self.tree / ".git", self.repository.common_dir
        for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
            (dot_git / name).mkdir(parents=True)
        (dot_git / "objects/info/alternates").write_text(f"{common / 'objects'}\n")
        (dot_git / "HEAD").write_text(f"{commit}\n")
        longer = len(commit) == 64
        format_version = (
            "repositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n[core]\n"
            if longer
            else ("repositoryformatversion = 0\n")
        )
        (dot_git / "config").write_text(f"[core]\n\t{format_version}\tbare = false\n[gc]\n\tauto = 0\n")
        shutil.copyfile(self.index, dot_git / "index")
        if (common / "shallow").is_file():
            shutil.copyfile(common / "shallow", dot_git / "shallow")

    def changes(self) -> list[str]:
        """Return every path that differs from the commit, ignored or not; a new directory ends in a slash."""
        output = self.repository.git(
            "ls-files", "-z", "--modified", "--others", "--directory", "--no-empty-directory",
            index=self.index, worktree=self.tree,
        )  # fmt: skip
        return sorted({path for path in output.decode(errors="surrogateescape").split("\0") if path})

    def expand(self, path: str) -> list[str]:
        """Return the files below a path that `changes` gave."""
        if not path.endswith("/"):
            return [path]
        below = (self.tree / path).rglob("*")
        return sorted(str(file.relative_to(self.tree)) for file in below if not file.is_dir() or file.is_symlink())

    def irregular(self, paths: Iterable[str]) -> list[str]:
        """Return those of the paths where something stands that is no regular file, or that lead through a link."""
        return [path for path in paths if not self._is_plain(path)]

    def _is_plain(self, path: str) -> bool:
        place = self.tree / path
        if any(parent.is_symlink() for parent in place.parents if parent.is_relative_to(self.tree)):
            return False
        try:
            return stat.S_ISREG(place.lstat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return True

    def snapshot(self, paths: Sequence[str]) -> str:
        """Write the tree of the commit with these paths as they now stand; nothing else is taken."""
        with scratch_index() as scratch:
            index = Path(scratch) / "index"
            shutil.copyfile(self.index, index)
            names = "\0".join(paths).encode(errors="surrogateescape")
            git = self.repository.git
            git("update-index", "--add", "--remove", "-z", "--stdin", stdin=names, index=index, worktree=self.tree)
            return git("write-tree", index=index, worktree=self.tree).decode().strip()


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

    def _take(self, kind: str) -> Slot:
        with self._lock:
            free = self._free.setdefault(kind, [])
            if free:
                return free.pop()
            self._made[kind] = self._made.get(kind, 0) + 1
            return Slot(self._repository, self.directory / f"{kind}-{self._made[kind]}")


def remove_tree(directory: Path) -> None:
    """Delete a directory, also one whose permissions were taken away."""

    def allow_and_retry(function: object, path: str, _: object) -> None:
        for place in (Path(path).parent, Path(path)):
            place.chmod(0o700)
        if Path(path).is_dir() and not Path(path).is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            Path(path).unlink(missing_ok=True)

    if directory.is_symlink() or directory.is_file():
        directory.unlink()
    elif directory.exists():
        shutil.rmtree(directory, onerror=allow_and_retry)
