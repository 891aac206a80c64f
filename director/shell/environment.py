"""What processes see of our environment."""

import os
import re
from collections.abc import Iterable

MARK = "DIRECTOR_MARK"
"""The variable by which every process of ours is found again: `<job>/<run>/<call>`."""

_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH(?!OR)|^OTEL_\w+_HEADERS$)", re.IGNORECASE)
_HARMLESS = frozenset({"SSH_AUTH_SOCK", "XAUTHORITY"})
_GIT_PLACES = re.compile(
    r"GIT_(DIR|WORK_TREE|IMPLICIT_WORK_TREE|INDEX_FILE|COMMON_DIR|NAMESPACE|PREFIX|INTERNAL_SUPER_PREFIX"
    r"|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|QUARANTINE_PATH|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE"
    r"|NO_REPLACE_OBJECTS|CONFIG|CONFIG_PARAMETERS|CONFIG_COUNT|CONFIG_(KEY|VALUE)_\d+|\w+_PATHSPECS)"
)
"""What `git rev-parse --local-env-vars` lists, and what git sets for hooks and aliases."""
_GIT_SETTINGS = re.compile(r"GIT_CONFIG_(PARAMETERS|COUNT|(KEY|VALUE)_\d+)")


def without_secrets() -> dict[str, str]:
    """Return our environment less what looks like a secret: what a test command may see."""
    return {name: value for name, value in _inherited().items() if not is_secret(name)}


def with_secrets(names: Iterable[str]) -> dict[str, str]:
    """Return our environment less all secrets but the named ones: what an agent program may see."""
    return without_secrets() | {name: os.environ[name] for name in names if name in os.environ}


def of_the_user() -> dict[str, str]:
    """Return our environment with its secrets and with git's settings: what the user's own git sees in a repository."""
    return _inherited() | {name: value for name, value in os.environ.items() if _GIT_SETTINGS.fullmatch(name)}


def secrets() -> dict[str, str]:
    """Return the variables of our environment whose names speak of a secret."""
    return {name: value for name, value in os.environ.items() if is_secret(name)}


def is_secret(name: str) -> bool:
    """Tell whether a variable's name speaks of a secret."""
    return bool(_SECRET.search(name)) and name not in _HARMLESS


def _inherited() -> dict[str, str]:
    """Leave out what would point the git of a child at the repository of our caller, such as a running hook."""
    return {name: value for name, value in os.environ.items() if not _GIT_PLACES.fullmatch(name)}
