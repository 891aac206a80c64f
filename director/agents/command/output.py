"""What a program of the user's own has said: its answer, what it used, and what went wrong.

Its JSON is its whole output or, where that is no JSON, any of its lines: the last line in which a place is there
counts.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from director.agents.driving.loose import Dollars, Loose, Tally, read_value
from director.core.calls import Usage
from director.core.config.programs import CommandProgram, UsagePointers

MAX_BYTES = 16 * 1024 * 1024
"""What is read of a program's output, from its end."""


@dataclass(frozen=True)
class Said:
    """What an output comes to."""

    text: str = ""
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    error: str = ""


class _Amounts(Loose):
    input: Tally = 0
    cached_input: Tally = 0
    cache_write: Tally = 0
    output: Tally = 0
    reasoning: Tally = 0
    cost: Dollars = 0


def understand(program: CommandProgram, transcript: Path, text_file: Path) -> Said:
    """Read a program's output, and the file where its answer may be, as its configuration says."""
    output = _read(transcript)
    values = list(_values(output)) if _wants_json(program) else []
    amounts = _amounts(program, values)
    return Said(
        text=_answer(program.text, output, text_file, values).strip(),
        usage=_usage(program.usage, amounts),
        cost_usd=amounts.cost or None,
        error=_words(_find(values, program.error)),
    )


def resolve(value: Any, pointer: str) -> Any:
    """Return what is at a place of a JSON value; None where there is nothing."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        match value:
            case dict():
                value = value.get(name)
            case list() if name.isdecimal() and int(name) < len(value):
                value = value[int(name)]
            case _:
                return None
    return value


def _read(path: Path) -> str:
    """Read the end of a file, which a program can make as long as it likes; nothing of what would never end."""
    if not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - MAX_BYTES, 0))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _answer(place: str, output: str, text_file: Path, values: list[Any]) -> str:
    match place:
        case "stdout":
            return output
        case "file":
            return _read(text_file)
        case pointer:
            return _words(_find(values, pointer))


def _wants_json(program: CommandProgram) -> bool:
    usage = (value for value in program.usage.model_dump().values() if isinstance(value, str))
    return program.text.startswith("/") or any((program.cost, program.error, *usage))


def _values(output: str) -> Iterator[Any]:
    """Yield what may be looked into, what goes before last."""
    whole = _parse(output)
    if whole is not None:
        yield whole
        return
    for line in output.splitlines():
        if isinstance(value := _parse(line), dict):
            yield value


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _find(values: list[Any], pointer: str | None) -> Any:
    if pointer is None:
        return None
    found = (resolve(value, pointer) for value in reversed(values))
    return next((value for value in found if value is not None), None)


def _amounts(program: CommandProgram, values: list[Any]) -> _Amounts:
    pointers = {**program.usage.model_dump(exclude={"input_includes_cached"}), "cost": program.cost}
    return read_value({name: _find(values, pointer) for name, pointer in pointers.items()}, _Amounts) or _Amounts()


def _usage(pointers: UsagePointers, told: _Amounts) -> Usage:
    cached = told.cached_input + told.cache_write if pointers.input_includes_cached else 0
    return Usage(
        input=max(told.input - cached, 0),
        cached_input=told.cached_input,
        cache_write=told.cache_write,
        output=told.output,
        reasoning=told.reasoning,
    )


def _words(value: Any) -> str:
    """Return a text, and JSON for what is none; nothing for what says that there is nothing."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if value else ""
