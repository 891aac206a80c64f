"""What nodes that are no longer planned left behind."""

from typing import Literal

from director.core.model import Model
from director.core.words import listed, quoted

_SHOWN_FILES = 10


class Leftover(Model):
    """The work of a node that landed and then left the plan."""

    node: str
    commit: str
    """The last by which it landed."""
    files: tuple[str, ...]
    """What it brought to the job branch, its tests too, as far as it is still there and no planned node has it now."""

    def __str__(self) -> str:
        files = listed([quoted(path) for path in self.files], limit=_SHOWN_FILES)
        return f"'{self.node}' is no longer planned, and its work is still on the branch: {files}"

    @property
    def hint(self) -> str:
        """What a person can do about it."""
        return f"take it off with 'director revert {self.node}', or keep it with 'director keep {self.node}'"


class Kept(Model):
    """kept/ID.json: a person wants what such a node left behind; it is not told again."""

    version: Literal[1] = 1
    node: str
    commit: str
    """The last by which it had landed then."""
