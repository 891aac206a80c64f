"""Read cassettes, and write them as people write them: one YAML document after another.

A recording ends each of its documents with a line `...`, which stands in no text of it, for texts are indented. So
what stands after the last of these lines is known as the torn end of a document that was being written.
"""

import os
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from director.artifacts.files import naming
from director.core.cassette import Cassette, Entry
from director.core.errors import ConfigError
from director.core.problems import describe_problems
from director.core.words import quoted

MAX_BYTES = 64 * 1024 * 1024
"""A larger file is not read as a cassette."""
_MALFORMED = (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError)
"""What safe_load raises: some of its constructors let Python's own errors through, as for `!!int ''`."""
_END = re.compile(rb"^\.\.\.[ \t]*\r?\n", re.MULTILINE)
_BLOCK = re.compile("[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
"""What a `|` block holds as it is."""
_ON_ONE_LINE = frozenset({"usage", "events"})


def read_cassette(path: Path, name: str) -> Cassette:
    """Read a cassette; `name` is what a person calls it. Raises ConfigError with every problem."""
    return parse_cassette(read_recording(path, name), name)


def read_recording(path: Path, name: str) -> bytes:
    """Return a file as it stands. Raises ConfigError for what cannot be a cassette."""
    if not path.is_file():
        raise ConfigError(
            f"the cassette '{name}' is not a regular file",
            hint="a tier 'replay:PATH' names a file, seen from the repository's root",
        )
    if path.stat().st_size > MAX_BYTES:
        raise ConfigError(
            f"the cassette '{name}' is larger than {MAX_BYTES // 1024**2} MB", hint="split it: a tier each has its own"
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the cassette '{name}' cannot be read: {error.strerror}", hint="make it readable for you"
        ) from error


def parse_cassette(data: bytes, name: str) -> Cassette:
    """Read a cassette's bytes, less a torn end. Raises ConfigError with every problem."""
    value = _merged(_documents(data[: whole_length(data)], name))
    try:
        return Cassette.model_validate(value)
    except ValidationError as error:
        problems = "".join(f"\n  - {problem}" for problem in _described(error, value))
        raise ConfigError(
            f"'{name}' cannot be played as a cassette:{problems}",
            hint=f"an entry of 'calls' may hold: {', '.join(Entry.model_fields)}",
        ) from error


def whole_length(data: bytes) -> int:
    """Return how many bytes of a cassette are whole documents: all of one that was written by hand."""
    ends = [found.end() for found in _END.finditer(data)]
    return ends[-1] if ends else len(data)


def is_torn(data: bytes) -> bool:
    """Tell whether the end of a recording was never completed."""
    return bool(data[whole_length(data) :].strip())


def append_to_cassette(path: Path, parts: list[Cassette]) -> None:
    """Append documents to a recording and see them on the disk. Raises OSError."""
    data = "".join(map(document_of, parts)).encode()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    with naming(path), open(os.open(path, flags, 0o644), "ab", buffering=0) as file:  # noqa: PTH123 (of a descriptor)
        while data:
            data = data[file.write(data) :]
        os.fsync(file.fileno())


def document_of(part: Cassette) -> str:
    """Return a cassette as one YAML document."""
    value = part.model_dump(exclude_defaults=True)
    for entry in value.get("calls", ()):
        entry.update((key, _on_one_line(entry[key])) for key in _ON_ONE_LINE & entry.keys())
    for tasks in filter(None, [value.get("result", {}).get("tasks")]):
        tasks.update((task, _OneLine(result)) for task, result in tasks.items())
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**30, explicit_start=True, explicit_end=True
    )


def _documents(data: bytes, name: str) -> list[Any]:
    try:
        return [document for document in yaml.safe_load_all(data) if document is not None]
    except _MALFORMED as error:
        raise ConfigError(
            f"'{name}'{_place(error)} is not YAML: {_said(error)}",
            hint="check the indentation there; text with ': ' or ' #' in it wants quotes or a '|' block",
        ) from error


def _merged(documents: list[Any]) -> Any:
    """Return several documents as one; what is none of a cassette's stays as it is, to be told."""
    strange = [document for document in documents if not isinstance(document, dict)]
    if strange or len(documents) < 2:
        return (strange or documents or [None])[0]
    merged: dict[Any, Any] = {}
    for document in sorted(documents, key=lambda document: document.get("version") != 1):  # a strange version counts
        calls, more = merged.get("calls", []), document.get("calls", [])
        joined = [*calls, *more] if isinstance(calls, list) and isinstance(more, list) else more
        merged |= document | {"calls": joined}
    return merged if all("version" in document for document in documents) else _without_version(merged)


def _without_version(document: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in document.items() if key != "version"}


def _described(error: ValidationError, value: Any) -> Iterator[str]:
    """Yield the problems; those of an entry with the key that it answers."""
    for item, problem in zip(error.errors(), describe_problems(error), strict=True):
        match item["loc"]:
            case ("calls", int(number), *_) if isinstance(entry := value["calls"][number], dict):
                yield f"{problem}{_label(entry)}"
            case _:
                yield problem


def _label(entry: dict[Any, Any]) -> str:
    words = [str(entry[name]) for name in ("role", "task", "attempt") if isinstance(entry.get(name), str | int)]
    return f" (the entry of {quoted(' '.join(words))})" if words else ""


def _place(error: BaseException) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return f", line {mark.line + 1}, column {mark.column + 1}," if mark else ""


def _said(error: BaseException) -> str:
    problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else None
    return problem or str(error).partition("\n")[0] or type(error).__name__


class _OneLine(dict[str, Any]):
    """A mapping that is written on one line."""


def _on_one_line(value: Any) -> Any:
    return [_OneLine(item) for item in value] if isinstance(value, list | tuple) else _OneLine(value)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as `|` blocks, also where lines end in spaces."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write what is the same twice two times: no anchors."""
        return True

    def analyze_scalar(self, scalar: str) -> Any:
        """Find out how a text may be written."""
        analysis = super().analyze_scalar(scalar)
        analysis.allow_block = bool(scalar) and bool(_BLOCK.fullmatch(scalar))
        analysis.allow_single_quoted &= not analysis.multiline
        return analysis


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if not _BLOCK.fullmatch(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_word(dumper: yaml.SafeDumper, word: Enum) -> yaml.ScalarNode:
    return _represent_text(dumper, str(word.value))


def _represent_one_line(dumper: yaml.SafeDumper, value: _OneLine) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_multi_representer(Enum, _represent_word)
_Dumper.add_representer(_OneLine, _represent_one_line)
