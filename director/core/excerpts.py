"""The beginning of a file that may be too large to be held, or to be told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Excerpt:
    """A file as far as it was read."""

    head: bytes
    size: int
    """Of the whole file, in bytes."""
