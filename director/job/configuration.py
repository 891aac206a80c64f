"""Read the configuration: the repository's file, or a profile, over the user's own."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from platformdirs import user_config_path
from pydantic import ValidationError

from director.core.config.problems import ConfigProblem, config_problems
from director.core.config.settings import Config
from director.core.errors import ConfigError

Table = dict[str, Any]
_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TOML_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


@dataclass(frozen=True)
class _File:
    """A configuration file as it was read."""

    name: str
    """Its path, as a person would name it."""
    table: Table


def load_config(repository: Path, job_directory: Path, *, profile: str | None = None) -> Config:
    """Read the job's configuration over the user's own; a profile stands in place of config.toml.

    Raises ConfigError with every problem, each with the file it came from.
    """
    path = job_directory / "config.toml" if profile is None else _profile_path(job_directory, profile)
    if not path.is_file():
        raise ConfigError(
            f"there is no configuration at '{_shown(path, repository)}'", hint="write one with 'director init'"
        )
    own = user_config_path("director") / "config.toml"
    files = [_read(file, _shown(file, repository)) for file in (path, own) if file.is_file()]
    problems = [_gates_problem(file) for file in files[1:] if "gates" in file.table]
    return _validated(files, problems)


def config_text(config: Config) -> str:
    """Return a configuration as a file, the user's own settings included."""
    return tomli_w.dumps(config.model_dump(mode="json", exclude_none=True, exclude_defaults=True))


def _profile_path(job_directory: Path, profile: str) -> Path:
    directory = job_directory / "profiles"
    path = directory / f"{profile}.toml"
    if _PROFILE.fullmatch(profile) and path.is_file():
        return path
    known = ", ".join(f"'{entry.stem}'" for entry in sorted(directory.glob("*.toml")))
    raise ConfigError(
        f"there is no profile '{profile}'",
        hint=f"the profiles are {known}"
        if known
        else f"a profile NAME is a whole configuration in '{directory}/NAME.toml'",
    )


def _shown(path: Path, repository: Path) -> str:
    return str(path.relative_to(repository) if path.is_relative_to(repository) else path)


def _read(path: Path, name: str) -> _File:
    try:
        return _File(name, tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        said, line, column = _toml_problem(str(error))
        raise ConfigError(
            f"'{name}'{f', line {line}, column {column},' if line else ''} is not TOML: {said}",
            hint="text wants quotes, a table a [header]; https://toml.io has the rules",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"'{name}' is not UTF-8 text", hint="save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"'{name}' cannot be read: {error.strerror}", hint="make it readable for you") from error


def _toml_problem(message: str) -> tuple[str, str | None, str | None]:
    """Split what tomllib says into the problem, the line and the column."""
    found = _TOML_PLACE.fullmatch(message)
    said, line, column = found.groups() if found else (message, None, None)
    return said[:1].lower() + said[1:], line, column


def _gates_problem(file: _File) -> str:
    return f"{file.name}: 'gates' is only for a repository: move it into the repository's config.toml"


def _validated(files: Sequence[_File], problems: Sequence[str]) -> Config:
    """Validate the files as one, the first over the others."""
    merged: Table = {}
    for file in reversed(files):
        merged = _merged(merged, file.table)
    try:
        config = _parsed(merged)
    except ValidationError as error:
        problems = [*problems, *(f"{_source(files, found)}: {found.said}" for found in config_problems(error))]
    if problems:
        raise ConfigError("the configuration cannot be used:" + "".join(f"\n  - {problem}" for problem in problems))
    return config


def _parsed(table: Table) -> Config:
    """Validate as JSON, which is strict about types and yet takes lists for tuples; a date becomes no string."""
    return Config.model_validate_json(json.dumps(table, default=lambda value: {"date": str(value)}), strict=True)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Table:
    """Lay one table over another, key by key."""
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        result[key] = _merged(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return result


def _source(files: Sequence[_File], problem: ConfigProblem) -> str:
    """Name the file that holds a problem, or most of the way to it."""
    return max(files, key=lambda file: _depth(file.table, problem.place)).name


def _depth(table: object, place: Sequence[str]) -> int:
    """Return how far into a table a place is found."""
    if not place or not isinstance(table, dict) or place[0] not in table:
        return 0
    return 1 + _depth(table[place[0]], place[1:])
