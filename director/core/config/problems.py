"""What is wrong with a configuration, in words: the key, what it holds, and what it may hold."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from director.core.config.schema import accepted, known_keys
from director.core.model import Model

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class ConfigProblem(Model):
    """One problem, and where it is."""

    place: tuple[str, ...]
    """The keys that lead to it, the tables first; empty where something is missing."""
    said: str


def config_problems(error: ValidationError) -> list[ConfigProblem]:
    """Return one problem for each of pydantic's."""
    return [_problem(item["type"], item["loc"], item["msg"], item["input"]) for item in error.errors()]


def _problem(kind: str, location: tuple[int | str, ...], message: str, value: Any) -> ConfigProblem:
    place = tuple(part for part in location if isinstance(part, str) and part != "[key]")
    name = f"'{_dotted(place)}{_numbered(location)}'"
    if kind in {"extra_forbidden", "enum"}:
        return ConfigProblem(place=place, said=f"{name} is not known: {_instead(place[-1], known_keys(place[:-1]))}")
    if kind == "missing":
        return ConfigProblem(place=(), said=f"{name} is missing: add it, {accepted(place)}")
    if kind == "value_error":
        return ConfigProblem(place=place, said=f"{name}: {message.removeprefix('Value error, ')}")
    return ConfigProblem(place=place, said=f"{name} is {_written(value)}: make it {_accepted(place, location)}")


def _dotted(place: Sequence[str]) -> str:
    """Return a key as it is written in TOML, such as `pricing."ollama/qwen3:30b".input`."""
    return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in place)


def _numbered(location: Sequence[int | str]) -> str:
    """Return the numbers of a location as they are written, such as `[0]`."""
    return "".join(f"[{part}]" for part in location if isinstance(part, int))


def _accepted(place: Sequence[str], location: Sequence[int | str]) -> str:
    """An item of a list has a number in its location: lists hold strings only."""
    return "a string" if _numbered(location) else accepted(place)


def _instead(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"one of {', '.join(known)}"


def _written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"the string '{value}'"
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return str(value)
