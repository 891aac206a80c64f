"""The files of a worktree: whether all of them are as they were when they were last looked at."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from director.shell import contents
from director.shell.contents import Stamp

MOST = 500
"""Of so many files the stamps are known; git looks at more of them faster."""


class Files:
    """Those of one worktree, with their stamps, which change with their contents and their permissions."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stamps: dict[str, Stamp] | None = None

    def forget(self) -> None:
        """Know nothing of them."""
        self._stamps = None

    def remember(self, paths: Iterable[str]) -> None:
        """Know them as they stand now, unless they are too many."""
        places = [f"{self._root}/{path}" for path in islice(paths, MOST + 1)]
        stamps = contents.stamps(places) if len(places) <= MOST else {}
        self._stamps = stamps if len(stamps) == len(places) else None

    def stand(self) -> bool | None:
        """Tell whether all of them stand and none of them changed; None where that is not known."""
        return None if self._stamps is None else contents.stand(self._stamps)
