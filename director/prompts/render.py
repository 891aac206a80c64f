"""Fill the prompts of templates/prompts/ strictly: a variable that is missing is an error."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from director.prompts.templates import template_path

WHOLE_FILE_BYTES = 32_000
"""A larger file is given in part, with a pointer to the rest."""
ALL_FILES_BYTES = 160_000
"""What all files of one prompt may take."""


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


def show_files(contents: Mapping[str, bytes | None]) -> str:
    """Return files as labelled blocks of text; a binary one by name, a large one in part."""
    left = ALL_FILES_BYTES
    blocks = []
    for path, content in contents.items():
        text = _shown(path, content, limit=max(min(left, WHOLE_FILE_BYTES), 400))
        left -= len(text)
        blocks.append(text)
    return "\n".join(blocks)


def _shown(path: str, content: bytes | None, *, limit: int) -> str:
    if content is None:
        return f"`{path}` does not exist yet.\n"
    if b"\0" in content[:8192]:
        return f"`{path}` is a binary file of {len(content)} bytes.\n"
    text = content[:limit].decode("utf-8", "replace")
    cut = f"\n[the file goes on: {len(content)} bytes in all; read it in the worktree]" if len(content) > limit else ""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"`{path}`:\n{fence}\n{text}{cut}\n{fence}\n"


def _longest_run(text: str) -> int:
    longest = current = 0
    for character in text:
        current = current + 1 if character == "`" else 0
        longest = max(longest, current)
    return longest
