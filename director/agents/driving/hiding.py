"""Hides from the commands that an agent runs what its program is told: keys and private directories."""

import shlex
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from director.shell.environment import is_secret


def real_shell() -> str:
    """Return the shell that runs the commands in the end."""
    return shutil.which("bash") or "/bin/sh"


def write_shell(
    path: Path,
    inherited: Mapping[str, str],
    *,
    changed: Iterable[str],
    added: Iterable[str] = (),
    table: Path | None = None,
) -> None:
    """Write a shell whose commands see the environment as it was inherited, less secrets.

    `changed` are variables that the program is given otherwise, `added` those that it sets for its commands itself. A
    `table` is a script that the shell reads before each command.
    """
    restored = {name: inherited[name] for name in changed if name in inherited and not is_secret(name)}
    hidden = sorted(({*changed, *added} | secrets_of(inherited)) - restored.keys())
    lines = ["#!/bin/sh", f"unset {' '.join(hidden)}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in restored.items()]
    lines += [f". {shlex.quote(str(table))}"] if table else []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, f'exec {shlex.quote(real_shell())} "$@"', ""]), encoding="utf-8")
    path.chmod(0o700)


def secrets_of(environment: Mapping[str, str]) -> set[str]:
    """Return the names of all variables that look like secrets."""
    return {name for name in environment if is_secret(name)}
