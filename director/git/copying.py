"""Copy a file or a link as it is: no link is followed, and the copy shares nothing with the original."""

import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path

from director.core.errors import DirectorError, ExitCode
from director.shell import contents
from director.shell.contents import Stamp

_AT_ONCE = 1 << 30


class Altered(DirectorError):
    """A file is not the one that was kept."""

    exit_code = ExitCode.FAILED

    def __init__(self, place: Path) -> None:
        super().__init__(f"'{place}' was altered", hint="run the same command again: it is made anew")


def copy(source: Path, target: Path, *, known: Stamp | None = None) -> None:
    """Copy a regular file, with its permissions and times, or a link; what stands at the target stays.

    Raises Altered if it is neither, or not the one that has the stamp `known`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        leads = source.readlink()
        _require(source, source.lstat(), known)  # after it was read: a link cannot be changed, only replaced
        target.symlink_to(leads)
    else:
        _copy_file(source, target, known)


def _copy_file(source: Path, target: Path, known: Stamp | None) -> None:
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as original:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Altered(source)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copied:
            _clone(handle, copied.fileno())
            shutil.copyfileobj(original, copied)
            copied.flush()
            os.fchmod(copied.fileno(), stat.S_IMODE(status.st_mode) & 0o777)
            os.utime(copied.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
        _require(source, os.fstat(handle), known)  # after it was read, for it may have been changed meanwhile


def _clone(source: int, target: int) -> None:
    """Have the file system copy what it can; two files may share their blocks until one of them is changed."""
    if sys.platform == "linux":
        with suppress(OSError):
            while os.copy_file_range(source, target, _AT_ONCE):
                pass


def _require(place: Path, status: os.stat_result, known: Stamp | None) -> None:
    if known is not None and not contents.is_same(known, contents.stamp(status)):
        raise Altered(place)
