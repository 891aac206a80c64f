"""Specifications that were not made by a job: of which documents they consist, and in which order these are read."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TITLE = re.compile(r"# +(.+?)(?: +#+)? *")


class SpecKind(StrEnum):
    """Where a specification comes from."""

    FILE = "file"
    SPEC_KIT = "spec-kit"
    OPENSPEC = "openspec"
    PLAN = "plan"
    """A plan that was imported: the specification is its task."""


@dataclass(frozen=True)
class Layout:
    """How another tool lays out the documents of one piece of work in a directory."""

    kind: SpecKind
    name: str
    sign: str
    """The document that is never missing."""
    order: tuple[str, ...]
    """Patterns of what is read, from the directory; the documents of one pattern by name."""


LAYOUTS = (
    Layout(
        SpecKind.OPENSPEC,
        "OpenSpec",
        "proposal.md",
        ("proposal.md", "specs/*/spec.md", "specs/spec.md", "design.md", "tasks.md"),
    ),
    Layout(
        SpecKind.SPEC_KIT,
        "Spec Kit",
        "spec.md",
        ("spec.md", "plan.md", "research.md", "data-model.md", "contracts/*", "quickstart.md", "tasks.md"),
    ),
)
"""What `specify` 1.0 and `openspec` 1.10 write."""


def arranged(layout: Layout, paths: Iterable[str]) -> list[str]:
    """Return those of the paths that a layout has, in its order."""
    known = sorted(paths)
    return list(dict.fromkeys(path for pattern in layout.order for path in known if fnmatchcase(path, pattern)))


def combined(name: str, place: str, parts: Mapping[str, str]) -> str:
    """Return one specification of several documents, each below the name that it has in its place."""
    return (
        "\n\n".join(f"# From `{path}` ({name}, {place})\n\n{_as_markdown(path, text)}" for path, text in parts.items())
        + "\n"
    )


def title_of(text: str) -> str | None:
    """Return the first heading of the first level."""
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        elif found := _TITLE.fullmatch(line):
            return found[1]
    return None


def _as_markdown(path: str, text: str) -> str:
    text = text.strip("\n")
    if path.endswith(".md"):
        return text
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}\n{text}\n{fence}"
