"""On which cores director's own threads run.

Python lets one thread go on at a time. Threads on several cores hand their turn from core to core at every system call,
which takes longer than most of what they do; on one core they keep it until they wait. What they start, and what is
mostly the system's work, is not bound to that core.
"""

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_every: frozenset[int] = frozenset()
"""Those that the process was given; nothing as long as its threads were never kept together."""
_one: frozenset[int] = frozenset()


def count() -> int:
    """Return how many cores there are for this process and what it starts."""
    return len(_every or _allowed()) or os.cpu_count() or 1


@contextmanager
def together() -> Iterator[None]:
    """Keep the calling thread on one core, and those that it starts meanwhile."""
    global _every, _one
    allowed = _allowed()
    if len(allowed) < 2 or not _takes_turns():
        yield
        return
    _every, _one = _every or allowed, _one or frozenset({random.choice(sorted(allowed))})
    with _bound(_one):
        yield


@contextmanager
def anywhere() -> Iterator[None]:
    """Let the calling thread, and what it starts meanwhile, run on every core."""
    with _bound(_every):
        yield


@contextmanager
def _bound(cores: frozenset[int]) -> Iterator[None]:
    """Have the calling thread on some cores, if any are named, and afterwards where it was."""
    before = _allowed() if cores else cores
    _bind(cores)
    try:
        yield
    finally:
        _bind(before)


def _takes_turns() -> bool:
    """Tell whether this Python lets one thread go on at a time."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def _allowed() -> frozenset[int]:
    """Return the cores of the calling thread; nothing where the system does not tell."""
    return frozenset(os.sched_getaffinity(0)) if sys.platform == "linux" else frozenset()


def _bind(cores: frozenset[int]) -> None:
    if sys.platform == "linux" and cores:
        with suppress(OSError):  # the system took them away meanwhile, or does not let us choose
            os.sched_setaffinity(0, cores)
