"""The task as it is given: in words, in a file, or on standard input."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from director.core.errors import ConfigError


def read_task(words: Sequence[str], file: str | None, *, command: str) -> str | None:
    """Return the text of the task that a command was given; None if it was given none."""
    text = _words(words, command)
    if text is not None and file is not None:
        raise ConfigError("the task is given twice", hint="give it as text or with --file, not both")
    source = file if file is not None else ("-" if text == "-" else None)
    if source is not None:
        text = read_source(source)
    if text is not None and not text.strip():
        raise ConfigError("the task is empty", hint="say what you want done")
    return text


def read_source(source: str) -> str:
    """Return the text of a file; '-' is standard input."""
    return _decoded(sys.stdin.buffer.read() if source == "-" else _read(Path(source)), source)


def _words(words: Sequence[str], command: str) -> str | None:
    if len(words) > 1:
        meant = shlex.join(["director", command, " ".join(words)])
        raise ConfigError(f"the task is given as {len(words)} words", hint=f"put it in quotes: {meant}")
    return words[0] if words else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise ConfigError(f"'{path}' cannot be read: {said}", hint="name a text file") from error


def _decoded(data: bytes, source: str) -> str:
    name = "standard input" if source == "-" else f"'{source}'"
    if b"\0" in data:
        raise ConfigError(f"{name} is not text", hint="give it as text in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} is not text in UTF-8", hint="save it as UTF-8") from error
