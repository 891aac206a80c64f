"""Room on the disk that is kept while agents are paid, and given up for what they answered when the disk is full."""

import errno
import os
from collections.abc import Callable

from director.artifacts.directory import JobDirectory
from director.artifacts.files import naming

RESERVE_BYTES = 1024 * 1024


def keep_room(directory: JobDirectory) -> None:
    """Take the room, before a call is paid for. Raises OSError if there is none."""
    if directory.reserve.is_file() and directory.reserve.stat().st_size == RESERVE_BYTES:
        return
    try:
        with naming(directory.reserve), directory.reserve.open("wb") as file:
            file.write(bytes(RESERVE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        directory.reserve.unlink(missing_ok=True)
        raise


def write_with_reserve(directory: JobDirectory, write: Callable[[], object]) -> None:
    """Write what was paid for: on a full disk in the room that was kept."""
    try:
        write()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        directory.reserve.unlink(missing_ok=True)
        write()
