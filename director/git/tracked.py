"""What a commit has at a path."""

from collections.abc import Iterable
from dataclasses import dataclass

from director.git.trees import Entry, Trees


@dataclass(frozen=True)
class Tracked:
    """The paths of a commit, by its tree."""

    trees: Trees
    tree: str

    def find(self, path: str) -> Entry | None:
        """Return what stands at a path; None for nothing."""
        return self.trees.find(self.tree, path)

    def has_file(self, path: str) -> bool:
        """Tell whether a path is that of a file, a link or a submodule."""
        entry = self.find(path)
        return entry is not None and not entry.is_tree

    def has_directory(self, path: str) -> bool:
        """Tell whether a path leads to files."""
        entry = self.find(path)
        return entry is not None and entry.is_tree

    def meets(self, path: str) -> bool:
        """Tell whether a path cannot stand beside them: it is one of them, holds one, or lies below one."""
        return any(map(self.has_file, (path, *directories_of([path])))) or self.has_directory(path)


def directories_of(paths: Iterable[str]) -> set[str]:
    """Return every directory that leads to one of the paths."""
    directories: set[str] = set()
    for path in paths:
        above = directory_of(path)
        while above and above not in directories:
            directories.add(above)
            above = directory_of(above)
    return directories


def directory_of(path: str) -> str:
    """Return the directory that a path is in, nothing for the topmost one."""
    return path.rpartition("/")[0]
