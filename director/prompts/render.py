"""Fill the prompts of templates/prompts/ strictly: a variable that is missing is an error."""

from codecs import getincrementaldecoder
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from director.core.excerpts import Excerpt
from director.prompts.templates import template_path

WHOLE_FILE_BYTES = 32_000
"""A larger file is given in part, with a pointer to the rest."""
ALL_FILES_BYTES = 160_000
"""What the files in one place of a prompt may take; of those after that it is only said how many there are."""
LISTING_CHARACTERS = 100_000
"""What a list of paths may take."""


@cache
def _environment(overrides: Path) -> Environment:
    places = [overrides / "prompts", template_path("prompts")]
    return Environment(
        loader=FileSystemLoader(places),
        undefined=StrictUndefined,
        autoescape=False,  # plain text for a model, never HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(prompt: str, overrides: Path, /, **values: Any) -> str:
    """Return the prompt `PROMPT.md.j2` with these values; a file of the same name in `overrides` goes first."""
    return _environment(overrides).get_template(f"{prompt}.md.j2").render(values)


def show_files(excerpts: Mapping[str, Excerpt | None]) -> str:
    """Return files as labelled blocks of text; a binary one by name, a large one in part, and not too many."""
    left = ALL_FILES_BYTES
    blocks: list[str] = []
    for path, excerpt in excerpts.items():
        if left <= 0:
            blocks.append(f"[{len(excerpts) - len(blocks)} more files are not shown; read them in the worktree]\n")
            break
        blocks.append(_shown(path, excerpt, limit=min(left, WHOLE_FILE_BYTES)))
        left -= len(blocks[-1])
    return "\n".join(blocks)


def show_file(path: str, excerpt: Excerpt, *, limit: int, remark: str = "") -> str:
    """Return a file as a labelled block of text, as much of it as there is room for, and where the rest is."""
    if limit <= 0 < excerpt.size:
        return f"`{show_name(path)}`{remark} has {excerpt.size} bytes and is not shown; read it in the worktree.\n"
    return _shown(path, excerpt, limit=limit, remark=remark)


def show_name(path: str) -> str:
    """Return a path on one line; what is not printable is escaped."""
    return path if path.isprintable() else repr(path)


def show_listing(paths: Sequence[str], *, limit: int) -> str:
    """Return paths, one a line; the first ones where there are too many, and how many more there are."""
    lines, left = [], LISTING_CHARACTERS
    for path in paths[:limit]:
        lines.append(show_name(path))
        left -= len(lines[-1]) + 1
        if left <= 0:
            break
    more = len(paths) - len(lines)
    return "\n".join([*lines, f"[{more} more files are not listed]"] if more else lines)


def _shown(path: str, excerpt: Excerpt | None, *, limit: int, remark: str = "") -> str:
    name = show_name(path)
    if excerpt is None:
        return f"`{name}` does not exist yet.\n"
    if b"\0" in excerpt.head[:8192]:
        return f"`{name}` is a binary file of {excerpt.size} bytes.\n"
    head = excerpt.head[:limit]
    is_cut = len(head) < excerpt.size
    text = getincrementaldecoder("utf-8")("replace").decode(head, final=not is_cut)
    cut = f"\n[the file goes on: {excerpt.size} bytes in all; read it in the worktree]" if is_cut else ""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"`{name}`{remark}:\n{fence}\n{text}{cut}\n{fence}\n"


def _longest_run(text: str) -> int:
    longest = current = 0
    for character in text:
        current = current + 1 if character == "`" else 0
        longest = max(longest, current)
    return longest
