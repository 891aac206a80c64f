"""Whether a file is still the one that was left: told by its stamp, or where that is too young, by its digest."""

import hashlib
import os
from pathlib import Path

from director.shell import contents


class Seal:
    """Of one file. Without one, nothing is believed."""

    def __init__(self) -> None:
        self._digest: bytes | None = None
        self._stamp = contents.UNSETTLED

    def put_on(self, place: Path) -> None:
        """Remember a file as it is now."""
        self._stamp, self._digest = contents.stamp(place.lstat()), _digest(place)

    def put_on_copy(self, place: Path, other: "Seal") -> None:
        """Remember a file that was copied from the one that another seal is on."""
        self._stamp, self._digest = contents.stamp(place.lstat()), other._digest

    def is_like(self, other: "Seal") -> bool:
        """Tell whether two seals are on files that are alike."""
        return self._digest is not None and self._digest == other._digest

    def take_off(self) -> None:
        """Believe nothing any more."""
        self._stamp, self._digest = contents.UNSETTLED, None

    def holds(self, place: Path) -> bool:
        """Tell whether what stands at a place is what was left there."""
        stamp = contents.stamps([str(place)]).get(str(place))
        if self._digest is None or stamp is None:
            return False
        if contents.is_same(self._stamp, stamp):
            return True
        if _digest(place) != self._digest:
            return False
        self._stamp = stamp
        return True


def _digest(place: Path) -> bytes | None:
    """Return the digest of a regular file; None for anything else in its place."""
    if not place.is_file() or place.is_symlink():
        return None
    with os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
