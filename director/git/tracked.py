"""What a commit has at a path."""

from dataclasses import dataclass

from director.git.trees import Trees


@dataclass(frozen=True)
class Tracked:
    """The paths of a commit, by its tree."""

    trees: Trees
    tree: str

    def has_file(self, path: str) -> bool:
        """Tell whether a path is that of a file, a link or a submodule."""
        entry = self.trees.find(self.tree, path)
        return entry is not None and not entry.is_tree

    def has_directory(self, path: str) -> bool:
        """Tell whether a path leads to files."""
        entry = self.trees.find(self.tree, path)
        return entry is not None and entry.is_tree

    def meets(self, path: str) -> bool:
        """Tell whether a path cannot stand beside them: it is one of them, holds one, or lies below one."""
        above = path
        while above:
            if self.has_file(above):
                return True
            above = above.rpartition("/")[0]
        return self.has_directory(path)
