"""What the trees of commits hold, read from git's own objects.

A tree never changes: each is read once, as long as there is room for it.
"""

import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sized
from functools import lru_cache, partial
from typing import NamedTuple

from director.core.recent import Recent
from director.git.objects import Objects

_REGULAR = frozenset({"100644", "100755"})
_TREE, _LINK, _SUBMODULE = "40000", "120000", "160000"
_ROOM = 1024
"""So many commits, whose trees are known, are remembered."""
_ENTRIES_ROOM = 16_000
"""So many entries of trees are remembered, some 250 bytes each; a tree without any counts as one."""
_MOST_LINKS = 40
_PATH_BYTES = 4096
_NOWHERE = ["/"]


class Entry(NamedTuple):
    """What stands at a path in a tree."""

    mode: str
    name: str
    """The hash of the object."""

    @classmethod
    def of_file(cls, blob: str, mode: int) -> "Entry":
        """Return what stands for a regular file; of its mode git minds only whether its owner may execute it."""
        return cls("100755" if mode & stat.S_IXUSR else "100644", blob)

    @classmethod
    def of_tree(cls, tree: str) -> "Entry":
        """Return what stands for a directory."""
        return cls(_TREE, tree)

    @property
    def kind(self) -> str:
        """What object it is."""
        return {_TREE: "tree", _SUBMODULE: "commit"}.get(self.mode, "blob")

    @property
    def is_tree(self) -> bool:
        """Tell whether it is a directory of the repository's own."""
        return self.mode == _TREE

    @property
    def is_directory(self) -> bool:
        """Tell whether it stands as a directory in a checkout, as a submodule does, too."""
        return self.mode in (_TREE, _SUBMODULE)

    @property
    def is_regular(self) -> bool:
        """Tell whether it is a regular file."""
        return self.mode in _REGULAR


class Trees:
    """Trees by their hashes."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.of = lru_cache(_ROOM)(partial(_tree_of, objects))
        """Returns the tree of a commit, or of itself. Raises GitError if there is none."""
        self.entries = Recent(partial(_entries, objects), room=_ENTRIES_ROOM, weigh=_count)
        """Returns what a tree holds by its names, in git's order."""
        self.directories = Recent(partial(_directories, self.entries), room=_ENTRIES_ROOM, weigh=_count)
        """Returns the directories of a tree and their own trees, an empty one for a submodule."""

    def find(self, tree: str, path: str) -> Entry | None:
        """Return what stands at a path; None for nothing."""
        *above, last = path.split("/")
        for part in above:
            entry = self.entries(tree).get(part)
            if entry is None or not entry.is_tree:
                return None
            tree = entry.name
        return self.entries(tree).get(last)

    def follow(self, tree: str, path: str) -> Entry | None:
        """Return the file at a path, through links that stay in the tree; None for all else."""
        above, ahead, links = [tree], path.split("/")[::-1], 0
        while ahead and above and links <= _MOST_LINKS:
            part = ahead.pop()
            entry = None if part in ("", ".", "..") else self.entries(above[-1]).get(part, Entry("", ""))
            if part == "..":
                above.pop()
            elif entry and entry.is_tree:
                above.append(entry.name)
            elif entry and entry.mode == _LINK:
                links += 1
                ahead += self._way(entry)
            elif entry:
                return entry if entry.is_regular and not ahead else None
        return None

    def _way(self, link: Entry) -> list[str]:
        """Return where a link leads, part by part from the end."""
        found = self._objects.find(link.name)
        target = _text(self._objects.content(link.name)) if found and found.size <= _PATH_BYTES else "/"
        return _NOWHERE if target.startswith("/") else target.split("/")[::-1]

    def files(self, tree: str, below: str = "") -> Iterator[tuple[str, Entry]]:
        """Yield every file, link and submodule with its path, in git's order."""
        for name, entry in self.entries(tree).items():
            if entry.is_tree:
                yield from self.files(entry.name, f"{below}{name}/")
            else:
                yield below + name, entry

    def named(self, tree: str, name: str, below: str = "") -> Iterator[str]:
        """Yield the path of every file of a name."""
        entry = self.entries(tree).get(name)
        if entry and not entry.is_directory:
            yield below + name
        for directory, nested in self.directories(tree):
            if nested:
                yield from self.named(nested, name, f"{below}{directory}/")

    def compare(self, before: str, after: str, below: str = "") -> Iterator[tuple[str, Entry | None, Entry | None]]:
        """Yield each path at which two trees differ, in no order, with what stands there in either of them."""
        old, new = self.entries(before), self.entries(after)
        for name in {name for name, _ in old.items() ^ new.items()}:
            one, other, path = old.get(name), new.get(name), below + name
            if one and other and one.is_tree and other.is_tree:
                yield from self.compare(one.name, other.name, f"{path}/")
            else:
                gone, come = dict(self._below(path, one)), dict(self._below(path, other))
                yield from ((place, gone.get(place), come.get(place)) for place in gone | come)

    def _below(self, path: str, entry: Entry | None) -> Iterator[tuple[str, Entry]]:
        if entry and entry.is_tree:
            yield from self.files(entry.name, f"{path}/")
        elif entry:
            yield path, entry


def _count(entries: Sized) -> int:
    return len(entries) or 1


def _tree_of(objects: Objects, commit: str) -> str:
    return objects.peel(f"{commit}^{{tree}}")


def _entries(objects: Objects, tree: str) -> Mapping[str, Entry]:
    """Read a tree: for each entry its mode, a space, its name, a zero byte and the hash as bytes."""
    raw, hash_bytes = objects.content(tree), len(tree) // 2
    found, at = {}, 0
    while at < len(raw):
        space, end = raw.index(b" ", at), raw.index(b"\0", at)
        at, start = end + 1 + hash_bytes, at
        found[sys.intern(_text(raw[space + 1 : end]))] = Entry(_mode(raw[start:space]), raw[end + 1 : at].hex())
    return found


def _directories(entries: Callable[[str], Mapping[str, Entry]], tree: str) -> list[tuple[str, str]]:
    found = ((name, entry) for name, entry in entries(tree).items() if entry.is_directory)
    return [(name, entry.name if entry.is_tree else "") for name, entry in found]


def _mode(mode: bytes) -> str:
    """Return a mode as git takes it, also one that an old git wrote."""
    return Entry.of_file("", int(mode, 8)).mode if mode.startswith(b"100") else mode.decode()


def _text(name: bytes) -> str:
    return name.decode(errors="surrogateescape")
