"""What a CLAUDE.md includes with `@path`, as Claude Code reads it: https://code.claude.com/docs/en/memory.

Unlike there, nothing outside the repository is ever included.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

MAX_DEPTH = 5
"""Includes of includes are followed as far as this."""

_INCLUDE = re.compile(r"(?<!\S)@((?:\\ |[^\s\\])+)")
_FENCE = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<marks>`{3,}(?=[^`]*$)|~{3,})(?P<rest>.*)")
_TICKS = re.compile(r"`+")
_BLANK_LINES = re.compile(r"\n[ \t]*\n")


def included_paths(text: str, *, source: str) -> list[str]:
    """Return the paths that a Markdown file names with `@`, from the repository's root, each once.

    Those in code spans and fences do not count, nor absolute ones, those of a home directory, and those that lead out
    of the repository.
    """
    prose = (_without_spans(paragraph) for paragraph in _BLANK_LINES.split(_without_fences(text)))
    named = (found.replace("\\ ", " ").partition("#")[0] for part in prose for found in _INCLUDE.findall(part))
    paths = (_inside(source, path) for path in named)
    return list(dict.fromkeys(path for path in paths if path))


def _inside(source: str, path: str) -> str | None:
    """Return where a path leads from the directory of its source, or None if that is not in the repository."""
    if path.startswith(("/", "~")) or not path.isprintable():
        return None
    parts = source.split("/")[:-1]
    for part in path.split("/"):
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or None


def _without_fences(text: str) -> str:
    """Return a text whose fenced blocks are blank lines."""
    return "\n".join(_lines_outside(text))


def _lines_outside(text: str) -> Iterator[str]:
    fence = ""
    for line in text.splitlines():
        found = _FENCE.match(line)
        if fence:
            yield ""
            if found and found["marks"].startswith(fence) and not found["rest"].strip():
                fence = ""
        elif found:
            yield ""
            fence = found["marks"]
        else:
            yield line


def _without_spans(paragraph: str) -> str:
    """Return a paragraph without its code spans: each ends at the next run of as many backticks."""
    runs = list(_TICKS.finditer(paragraph))
    places: dict[int, list[int]] = defaultdict(list)
    for place, run in enumerate(runs):
        places[len(run[0])].append(place)
    shown, at, place = [], 0, 0
    while place < len(runs):
        same = places[len(runs[place][0])]
        closing = bisect_right(same, place)
        if closing < len(same):
            shown.append(paragraph[at : runs[place].start()])
            place = same[closing]
            at = runs[place].end()
        place += 1
    return " ".join([*shown, paragraph[at:]])
