"""The small repository of a worktree's own, in which an agent may do what it likes; we never believe it."""

import os
import shutil
import stat
from collections.abc import Set
from pathlib import Path

from director.git.removal import remove_tree
from director.git.seals import Seal
from director.shell import contents
from director.shell.contents import Stamp

NAME = ".git"
_DIRECTORIES = {
    "": {"HEAD", "config", "index", "info", "objects", "refs"},
    "info": set(),
    "objects": {"info", "pack"},
    "objects/info": {"alternates"},
    "objects/pack": set(),
    "refs": {"heads", "tags"},
    "refs/heads": set(),
    "refs/tags": set(),
}
"""What is in each of its directories when it is new."""
_SETTINGS = "bare = false\n[gc]\n\tauto = 0\n"


class PrivateRepository:
    """The `.git` of a worktree. It stands at a commit and borrows the objects of the repository `borrowing`."""

    def __init__(self, tree: Path, *, borrowing: Path) -> None:
        self._place = tree / NAME
        self._borrowing, self._shallow = borrowing, borrowing / "shallow"
        self._seal = Seal()
        self._commit, self._stamps = "", dict[str, Stamp | None]()

    def make_equal(self, commit: str, *, index: Path, seal: Seal) -> None:
        """Make it stand at a commit with an index, as if it were new; what is so already is not written again."""
        if commit == self._commit and self._seal.is_like(seal) and contents.stand(self._stamps):
            return
        files = self._files(commit)
        if not self._is_plain(files.keys()):
            remove_tree(self._place)
            for name in _DIRECTORIES:
                (self._place / name).mkdir()
        for name, content in files.items():
            if not _holds(self._place / name, content):
                remove_tree(self._place / name)
                (self._place / name).write_bytes(content)
        copied = self._place / "index"
        if not (_is_own(copied) and self._seal.is_like(seal) and self._seal.holds(copied)):
            remove_tree(copied)
            shutil.copy2(index, copied)  # its time tells git which files may have changed unseen
            self._seal.put_on_copy(copied, seal)
        self._commit, self._stamps = commit, self._look(files.keys())

    def _look(self, files: Set[str]) -> dict[str, Stamp | None]:
        places = [*(f"{self._place}/{name}" for name in (*_DIRECTORIES, *files, "index")), str(self._shallow)]
        return {**dict.fromkeys(places), **contents.stamps(places)}

    def _files(self, commit: str) -> dict[str, bytes]:
        is_longer = len(commit) == 64
        version = "1\n[extensions]\n\tobjectformat = sha256\n[core]\n" if is_longer else "0\n"
        files = {
            "objects/info/alternates": os.fsencode(self._borrowing / "objects") + b"\n",
            "HEAD": f"{commit}\n".encode(),
            "config": f"[core]\n\trepositoryformatversion = {version}\t{_SETTINGS}".encode(),
        }
        return files | ({"shallow": self._shallow.read_bytes()} if self._shallow.is_file() else {})

    def _is_plain(self, optional: Set[str]) -> bool:
        """Tell whether its directories are ours to use and hold no other names than those of a new one."""
        for directory, names in _DIRECTORIES.items():
            place = self._place / directory
            if place.is_symlink() or not place.is_dir() or not os.access(place, os.R_OK | os.W_OK | os.X_OK):
                return False
            found = set(os.listdir(place))  # noqa: PTH208 - names are all that is needed
            if not found <= names | (optional if not directory else set()):
                return False
        return True


def _holds(place: Path, content: bytes) -> bool:
    """Tell whether a file has this content, and is reached by no other name."""
    try:
        return _is_own(place) and place.read_bytes() == content
    except PermissionError:
        return False


def _is_own(place: Path) -> bool:
    try:
        status = place.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1
