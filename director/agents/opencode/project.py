"""Keeps the repository's own OpenCode settings out of a call.

OpenCode 1.18 has two readers of settings and honours its switches (`--pure`, OPENCODE_DISABLE_PROJECT_CONFIG) in one
of them only. The other imports what it finds in `.opencode/plugin` and installs the packages that `opencode.json`
names: code of the repository would run beside the provider's keys, even for a role that only reads. So these files are
put aside while OpenCode runs. An agent's directory is a worktree that director lends for the call, and its root, so
nothing of a person is moved.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_SETTINGS = (
    "opencode.json",
    "opencode.jsonc",
    ".opencode/opencode.json",
    ".opencode/opencode.jsonc",
    ".opencode/plugin",
    ".opencode/plugins",
)


@contextmanager
def put_aside(directory: Path, place: Path) -> Iterator[None]:
    """Keep the settings of the worktree in `place` meanwhile; what was written in their stead stays."""
    place.mkdir()
    with ExitStack() as returning:
        for number, path in enumerate(_settings(directory)):
            returning.callback(_put_back, place / str(number), path)
            shutil.move(path, place / str(number))
        yield


def _settings(directory: Path) -> list[Path]:
    """List the settings that OpenCode would find."""
    paths = [directory / name for name in _SETTINGS]
    return [path for path in paths if path.exists() or path.is_symlink()]


def _put_back(kept: Path, path: Path) -> None:
    if kept.is_dir() and not kept.is_symlink() and path.is_dir():
        for child in kept.iterdir():
            _put_back(child, path / child.name)
    elif not (path.exists() or path.is_symlink()):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(kept, path)
