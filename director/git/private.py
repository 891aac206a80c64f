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
        self._stamps = dict[str, Stamp | None]()
        """Of its directories, and of what does not depend on the commit."""

    def make_equal(self, commit: str, *, index: Path, seal: Seal) -> None:
        """Make it stand at a commit with an index, as if it were new; what is so already is not written again."""
        if not self._stamps or not contents.stand(self._stamps):
            self._lay_out(is_longer=len(commit) == 64)
        self._put("HEAD", f"{commit}\n".encode())
        copied = self._place / "index"
        if not (_is_own(copied) and self._seal.is_like(seal) and self._seal.holds(copied)):
            _make_room(copied)
            shutil.copyfile(index, copied)
            times = index.stat()  # they tell git which files may have changed unseen
            os.utime(copied, ns=(times.st_atime_ns, times.st_mtime_ns))
            self._seal.put_on_copy(copied, seal)

    def _lay_out(self, *, is_longer: bool) -> None:
        """Make everything that does not depend on the commit what it is in a new one."""
        files = self._files(is_longer=is_longer)
        if not self._is_plain(files.keys()):
            remove_tree(self._place)
            for name in _DIRECTORIES:
                (self._place / name).mkdir()
        for name, content in files.items():
            self._put(name, content)
        places = [*(f"{self._place}/{name}" for name in (*_DIRECTORIES, *files)), str(self._shallow)]
        self._stamps = {**dict.fromkeys(places), **contents.stamps(places)}

    def _put(self, name: str, content: bytes) -> None:
        place = self._place / name
        if not _holds(place, content):
            _make_room(place)
            place.write_bytes(content)

    def _files(self, *, is_longer: bool) -> dict[str, bytes]:
        version = "1\n[extensions]\n\tobjectformat = sha256\n[core]\n" if is_longer else "0\n"
        files = {
            "objects/info/alternates": os.fsencode(self._borrowing / "objects") + b"\n",
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


def _make_room(place: Path) -> None:
    """Delete what stands in the place of a file, unless it can be written anew there: its directory stays as it is."""
    if not (_is_own(place) and os.access(place, os.R_OK | os.W_OK)):
        remove_tree(place)


def _is_own(place: Path) -> bool:
    try:
        status = place.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1
