"""Directories for a moment. What a killed director leaves of them is known by its process id and swept by the next."""

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

_NAME = re.compile(r"director-(\d+)-.+")


def scratch_directory() -> tempfile.TemporaryDirectory[str]:
    """Return a directory of our own; it goes when the `with` ends."""
    return tempfile.TemporaryDirectory(prefix=f"director-{os.getpid()}-", ignore_cleanup_errors=True)


def sweep_scratch() -> None:
    """Delete our user's directories whose process is gone; another director may be sweeping at the same time."""
    import psutil  # noqa: PLC0415 (start-up)

    for path in Path(tempfile.gettempdir()).glob("director-*"):
        found = _NAME.fullmatch(path.name)
        with suppress(FileNotFoundError):
            if found and path.lstat().st_uid == os.getuid() and not psutil.pid_exists(int(found[1])):
                rmtree(path, ignore_errors=True)
