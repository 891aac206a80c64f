"""What a prompt says whenever and wherever it is made: without places, times and ids that differ from run to run."""

import re
from collections.abc import Mapping

from director.core.digests import digest_text

WORKTREES = "<worktrees>"
"""Stands for the directory of a job's worktrees."""
TEMPORARY = "<temporary>"
"""Stands for the system's directory for temporary files."""

_VARYING = [
    (re.compile(rf"{WORKTREES}/[a-z]+-\d+/tree"), "<worktree>"),
    (re.compile(rf"{TEMPORARY}(?:/[\w.+@-]+)+"), TEMPORARY),
    (re.compile(r"\[(?:\.\.\.|…) \d+ (characters|bytes) left out (?:\.\.\.|…)\]"), r"[... \1 left out ...]"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"), "<moment>"),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"), "<moment>"),
    (re.compile(r"(?<![\w.])(?:\d+[.,]\d+ ?(?:s|secs?|seconds?|m|min|minutes?)|\d+(?:[.,]\d+)? ?[mµun]s)\b"), "<time>"),
    (re.compile(r"(duration_ms\W{1,3})[\d.]+"), r"\1<time>"),
    (re.compile(r"\b0x[0-9a-fA-F]{6,}\b"), "<address>"),
    (re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b"), "<digest>"),
    (re.compile(r"\b(localhost|127\.0\.0\.1|\[::1\]):\d{4,5}\b"), r"\1:<port>"),
    (re.compile(r"\b(pid|seed)(\W{1,3})\d+\b", re.IGNORECASE), r"\1\2<number>"),
]
"""What test runners print that no two runs have in common. Whole seconds stay: prompts speak of them too."""


def timeless(prompt: str, places: Mapping[str, str]) -> str:
    """Return a prompt in which known places have their names and what varies is put into words."""
    text = prompt
    for place in sorted((place for place in places if len(place) > 1), key=len, reverse=True):
        before, after = (r"(?<![\w.-])", r"(?![\w-]|\.\w)") if place.startswith("/") else ("", "")
        text = re.sub(f"{before}{re.escape(place)}{after}", places[place], text)
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return text


def prompt_digest(prompt: str, places: Mapping[str, str]) -> str:
    """Return the sha256 of what a prompt says whenever and wherever it is made."""
    return digest_text(timeless(prompt, places))
