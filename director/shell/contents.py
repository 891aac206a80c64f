"""Files that are watched: what they hold, whether they changed, and how they are put back."""

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MAX_BYTES = 1024 * 1024
_LOCK_SECONDS = 1.0
_TICK = 0.05

Stamp = tuple[int, int, int]
"""When what stands at a path was changed last, in nanoseconds; which file it is; its size."""
UNSETTLED: Stamp = (0, 0, 0)
"""The stamp of what changed only now: it may change again and have the same time."""


@dataclass(frozen=True)
class Content:
    """What stands at a path: a file, a link, or something else that is known by its times only."""

    kind: int
    mode: int
    data: bytes
    """What a file holds, where a link points to."""

    @property
    def is_known(self) -> bool:
        """Tell whether it could be made again."""
        return self.kind == stat.S_IFLNK or (self.kind == stat.S_IFREG and len(self.data) <= _MAX_BYTES)


def read(path: Path) -> Content | None:
    """Return what stands at a path, without following a link there; None for nothing or a directory."""
    try:
        status = path.lstat()
        kind, mode = stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode)
        if kind == stat.S_IFDIR:
            return None
        if kind == stat.S_IFLNK:
            return Content(kind, 0, os.fsencode(path.readlink()))
        if kind == stat.S_IFREG and status.st_size <= _MAX_BYTES:
            return Content(kind, mode, _read_file(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        return Content(0, 0, b"unreadable")
    return Content(0, mode, f"{kind} {status.st_size} {status.st_mtime_ns}".encode())


def _read_file(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        return file.read(_MAX_BYTES)


def changed_at(path: Path) -> float:
    """Return when what stands at a path was written, as seconds; 0 for nothing."""
    try:
        return path.lstat().st_mtime_ns / 1e9
    except OSError:
        return 0.0


def put_back(path: Path, wanted: Content | None, *, found: Content | None, top: Path) -> bool:
    """Make a path what it was; return False where it is no longer what was found there.

    The lock by which git changes a file is held meanwhile, and no link is followed, not even one in the place of a
    directory below `top`. Raises OSError where that cannot be.
    """
    _make_directories(path.parent, top)
    with _locked(path) as scratch:
        if read(path) not in (found, None):
            return False
        if wanted is None:
            path.unlink(missing_ok=True)
        elif wanted.kind == stat.S_IFLNK:
            scratch.unlink()
            scratch.symlink_to(os.fsdecode(wanted.data))
            scratch.replace(path)
        else:
            scratch.write_bytes(wanted.data)
            scratch.chmod(wanted.mode)
            scratch.replace(path)
    return True


def _make_directories(directory: Path, top: Path) -> None:
    for place in (*reversed(directory.relative_to(top).parents), directory.relative_to(top)):
        above = top / place
        if above != top and (above.is_symlink() or (above.exists() and not above.is_dir())):
            above.unlink()
        above.mkdir(exist_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[Path]:
    """Hold the lock by which git changes a file, and give its path to write to; one that stays is not waited for."""
    lock, until = path.with_name(f"{path.name}.lock"), time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            break
        except FileExistsError:
            if time.monotonic() > until:
                lock = path.with_name(f"{path.name}.director")
                lock.unlink(missing_ok=True)
                os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                break
            time.sleep(_TICK)
    try:
        yield lock
    finally:
        lock.unlink(missing_ok=True)


def put_aside(path: Path, content: Content | None, place: Path) -> None:
    """Keep what was found at a path at another place, as a file that runs nothing and leads nowhere."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if content and content.is_known:
        place.write_bytes(content.data)
    else:
        shutil.move(path, place)


def stamps(paths: Iterable[str], look: Callable[[str], os.stat_result] = os.lstat) -> dict[str, Stamp]:
    """Return the stamps of what stands at paths, by path: they tell cheaply whether anything changed."""
    found = {}
    for path in paths:
        try:
            found[path] = stamp(look(path))
        except OSError:  # there is nothing; `suppress` takes longer than all the rest
            continue
    return found


def stand(known: Mapping[str, Stamp | None], look: Callable[[str], os.stat_result] = os.lstat) -> bool:
    """Tell whether nothing changed at paths since they had these stamps; None is that of nothing."""
    for path, before in known.items():
        try:
            status = look(path)
        except OSError:
            if before is None:
                continue
            return False
        if (status.st_ctime_ns, status.st_ino, status.st_size) != before:
            return False
    return True


def stamp(status: os.stat_result) -> Stamp:
    """Return a stamp; nobody can set the time of the last change of a file, its permissions included."""
    is_settled = status.st_ctime_ns < time.time_ns() - int(_TICK * 1e9)
    return (status.st_ctime_ns, status.st_ino, status.st_size) if is_settled else UNSETTLED


def settle() -> None:
    """Wait until what was written just now has a stamp by which a later change is seen."""
    time.sleep(_TICK)


def is_same(before: Stamp | None, now: Stamp | None) -> bool:
    """Tell whether two stamps show that nothing changed between them."""
    return before == now != UNSETTLED
