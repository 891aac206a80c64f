"""Delete what agents and tests left, whatever they did to its permissions."""

import os
import shutil
import stat
from pathlib import Path


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
