"""Where git keeps what it knows of the linked worktrees of a repository."""

import os
from pathlib import Path


def linked_worktrees(common_dir: Path) -> list[Path]:
    """Return git's own directories of the linked worktrees of a repository."""
    place = common_dir / "worktrees"
    try:
        return [place / name for name in sorted(os.listdir(place))]  # noqa: PTH208 (asked often, for names alone)
    except OSError:  # there are none
        return []
