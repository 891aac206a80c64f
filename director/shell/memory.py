"""director's own memory: how often Python looks for garbage in it, and from how many pools threads take it."""

import atexit
import gc
from contextlib import suppress

_SELDOM, _OFTEN = 3_000_000, 50_000
_POOLS = 2
_M_ARENA_MAX = -8
"""The number by which glibc knows how many pools there may be: `mallopt` in malloc.h."""


def look_seldom() -> None:
    """For a command that is over soon: a large graph lives to the end, and the looks take up to a third of its time."""
    gc.set_threshold(_SELDOM)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)  # what is there at the end goes with the process; Python would look at it once more


def look_often() -> None:
    """For what goes on for hours: what is left behind is not to pile up. What is there by now lives to the end."""
    gc.freeze()
    gc.set_threshold(_OFTEN)


def share_pools() -> None:
    """For many threads: by default glibc gives eight pools a core, and what is free in one no other takes from it.

    Python's threads hardly ever ask for memory at the same moment.
    """
    from ctypes import CDLL  # noqa: PLC0415 (start-up: only work on a job has many threads)

    with suppress(OSError, AttributeError):  # another library
        CDLL(None).mallopt(_M_ARENA_MAX, _POOLS)
