"""What a repository says to those who work on it: which of its files say it, in which order, and how much of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from director.core.excerpts import Excerpt
from director.core.includes import included_paths

NAMES = ("AGENTS.md", "CLAUDE.md")
GUIDANCE_BYTES = 32_000
"""What all guidance of a prompt may take."""

_INCLUDING = "CLAUDE.md"
_BINARY_BYTES = 8192

Found = Mapping[str, Excerpt | None]
"""Path to what was read of it."""


@dataclass(frozen=True)
class Guide:
    """A file of guidance, and how much of it is shown."""

    path: str
    excerpt: Excerpt
    included_by: str = ""
    """Empty for a file that applies by its name and place."""
    room: int = 0
    """Bytes."""


def guide_paths(paths: Iterable[str]) -> list[str]:
    """Return where guidance for the work on some files may stand: the general before the particular."""
    directories = {PurePosixPath(".")}
    for path in paths:
        directories.update(PurePosixPath(path).parents)
    ordered = sorted(directories, key=lambda directory: (len(directory.parts), directory))
    return [str(directory / name) for directory in ordered for name in NAMES]


def including_paths(paths: Iterable[str]) -> list[str]:
    """Return those of the paths whose includes count."""
    return [path for path in paths if PurePosixPath(path).name == _INCLUDING]


def includes_of(path: str, found: Found) -> list[str]:
    """Return what a file that was read includes."""
    excerpt = found.get(path)
    return included_paths(excerpt.head.decode("utf-8", "replace"), source=path) if excerpt else []


def arrange(paths: Sequence[str], includes: Mapping[str, Sequence[str]], found: Found) -> list[Guide]:
    """Return the guides as they are shown, each file once and what it includes right after it.

    Where there is no room for all of them, the particular goes before the general, and both before what they include.
    """
    guides: dict[object, Guide] = {}
    visited: set[str] = set()

    def visit(path: str, included_by: str) -> None:
        excerpt = found.get(path)
        if path in visited or excerpt is None:
            return
        visited.add(path)
        if excerpt.size and b"\0" not in excerpt.head[:_BINARY_BYTES]:
            same = (excerpt.head, excerpt.size) if excerpt.head else path
            guides.setdefault(same, Guide(path, excerpt, included_by))
        for included in includes.get(path, ()):
            visit(included, path)

    for path in paths:
        visit(path, "")
    return _with_room(list(guides.values()))


def _with_room(guides: Sequence[Guide]) -> list[Guide]:
    named = [guide for guide in reversed(guides) if not guide.included_by]
    left, rooms = GUIDANCE_BYTES, {}
    for guide in [*named, *(guide for guide in guides if guide.included_by)]:
        rooms[guide.path] = min(guide.excerpt.size, left)
        left -= rooms[guide.path]
    return [Guide(guide.path, guide.excerpt, guide.included_by, room=rooms[guide.path]) for guide in guides]
