"""Tells whether the content of a file changed: from its stat where that can be trusted, else from its digest.

doit's md5 checker believes an equal mtime, which a tool that keeps times, or two writes within one tick, can produce.
"""

import errno
import hashlib
import os
import stat
import time
from pathlib import Path
from typing import Any

from doit.dependency import FileChangedChecker

REST_NANOSECONDS = 100_000_000
"""A file that changed less than this before it was recorded may change again without a new time, as in git ("racy")."""

State = list[Any]
"""[sha256, size, ctime_ns, mtime_ns, recorded_ns], as it comes back from the database."""


class ContentChecker(FileChangedChecker):  # type: ignore[misc]
    """A file is unchanged if its content is the same, whatever its times are."""

    def info(self, file_path: str) -> os.stat_result:
        """Return the stat of a file. Raises OSError also for what is not a file, so that doit fails the task only."""
        status = os.stat(file_path)  # noqa: PTH116 (a Path for each file of a large graph takes longer than the stat)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a file", file_path)
        return status

    def check_modified(self, file_path: str, file_stat: os.stat_result, state: Any) -> bool:
        """Tell whether the content differs from a saved state."""
        match state:
            case [str(digest), file_stat.st_size, int(), int(), int()]:
                return not _is_untouched(file_stat, state) and read_state(file_path)[0] != digest
        return True

    def is_file(self, file_path: str) -> bool:
        """Tell whether there is a file."""
        try:
            self.info(file_path)
        except OSError:
            return False
        return True

    def is_untouched(self, file_path: str, state: Any) -> bool:
        """Tell from its stat alone that a file is as in a saved state; False where only its content can tell."""
        try:
            return _is_untouched(self.info(file_path), state)
        except OSError:
            return False

    def get_state(self, dep: str, current_state: Any) -> State:
        """Return the state of a file; the saved one if the file was not touched since."""
        status = self.info(dep)
        if _is_untouched(status, current_state):
            return list(current_state)
        return read_state(dep)


def read_state(path: str) -> State:
    """Read a file and return its state. The clock is read first: a change after that has a later time."""
    recorded = time.time_ns()
    with Path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return [digest, status.st_size, status.st_ctime_ns, status.st_mtime_ns, recorded]


def _is_untouched(status: os.stat_result, state: Any) -> bool:
    match state:
        case [str(), status.st_size, status.st_ctime_ns as changed, status.st_mtime_ns, int(recorded)]:
            return bool(recorded - changed > REST_NANOSECONDS)
    return False
