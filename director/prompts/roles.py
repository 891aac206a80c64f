"""Role definitions: Markdown files with YAML front matter, templates/roles/NAME.md."""

import re
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from director.core.calls import RoleDefinition
from director.core.errors import ConfigError
from director.core.model import Model
from director.core.problems import describe_problems
from director.core.roles import Output, Permission, Role
from director.prompts.templates import template_path

_FILE = re.compile(r"\A---[ \t]*\n(?P<front>.*?\n)---[ \t]*\n(?P<body>.*)\Z", re.DOTALL)
_HINT = "begin with '---', then 'description: …' and 'permissions: [read]', then '---' and the instructions"
_MALFORMED = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, RecursionError)
"""What safe_load raises: some of its constructors let Python's own errors through, as for `!!int ''`."""


class _Front(Model):
    description: str
    permissions: frozenset[Permission]
    temperature: float | None = None
    output: dict[str, Output] = Field(default_factory=dict)


def load_roles(overrides: Path | None = None) -> dict[Role, RoleDefinition]:
    """Read every role's definition; a file of the same name in `overrides` goes before the shipped one.

    Raises ConfigError for a file that is no definition.
    """
    return {role: _read_role(role, _find(role, overrides)) for role in Role}


def _find(role: Role, overrides: Path | None) -> Path:
    own = overrides / f"{role}.md" if overrides else None
    return own if own and own.exists() else template_path("roles") / f"{role}.md"


def _read_role(role: Role, path: Path) -> RoleDefinition:
    try:
        parts = _FILE.match(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(path, f"it cannot be read: {error}") from error
    if not parts:
        raise _broken(path, "it has no front matter")
    if not (instructions := parts["body"].strip()):
        raise _broken(path, "it has no instructions")
    return RoleDefinition(name=role, instructions=instructions, **dict(_front(path, parts["front"])))


def _front(path: Path, text: str) -> _Front:
    try:
        front = yaml.safe_load(text)
    except _MALFORMED as error:
        raise _broken(path, f"its front matter is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(front, dict):
        raise _broken(path, "its front matter does not consist of keys and values")
    try:
        return _Front.model_validate({str(key): value for key, value in front.items()})
    except ValidationError as error:
        raise _broken(path, "; ".join(describe_problems(error))) from error


def _broken(path: Path, problem: str) -> ConfigError:
    return ConfigError(f"'{path}' does not define a role: {problem}", hint=_HINT)
