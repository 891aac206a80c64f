"""The private surroundings of one Claude Code call.

Nothing of the user's Claude Code leaks in: its directory of settings and data is new for each call, no source of
settings is read, and CLAUDE_ variables are not inherited. The user's login works all the same, for the directory of
credentials is named apart (CLAUDE_SECURESTORAGE_CONFIG_DIR; an empty value is the default place, on macOS in the
keychain): a token that is refreshed is refreshed for the user as well. No key is written to a file or a log.

An endpoint of the user's own gets the key that is configured for it, and neither the login nor any other key.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from director.agents.driving.endpoint import Endpoint
from director.agents.driving.hiding import real_shell, write_shell
from director.core.calls import RoleDefinition
from director.core.roles import Permission
from director.shell.environment import with_secrets

TOOLS: Mapping[Permission, Sequence[str]] = {
    Permission.READ: ("Read", "Grep", "Glob"),
    Permission.EDIT: ("Edit", "Write"),
    Permission.RUN: ("Bash",),
}
RETRIES = "2"
"""How often the program asks its provider again by itself; its default takes minutes."""

_KEYS = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_FOUNDRY_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "GOOGLE_APPLICATION_CREDENTIALS",
)
_SWITCHES = (
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS",
    "CLAUDE_CODE_DISABLE_CLAUDE_MDS",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "DISABLE_AUTOUPDATER",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_TELEMETRY",
)
_SET_BY_CLAUDE = (
    "AI_AGENT",
    "ANTHROPIC_CUSTOM_HEADERS",
    "CLAUDECODE",
    "CLAUDE_CODE_CHILD_NOTES_DIR",
    "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_EXECPATH",
    "CLAUDE_CODE_SESSION_ATTENDED",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_EFFORT",
    "CLAUDE_PID",
)
_SETTING = re.compile(r"CLAUDE(?!_CODE_(?:USE|SKIP|CLIENT)_)")
"""A variable that says how Claude Code works, but not where its models are."""
_PLACE = re.compile(r"CLAUDE|ANTHROPIC_")
"""A variable that says either."""
_SECRET_FILES = ("Read(**/.env)", "Read(**/.env.*)")
_GRANT = {"hookEventName": "PermissionRequest", "decision": {"behavior": "allow"}}


@dataclass(frozen=True)
class Home:
    """The directories and files of one call."""

    root: Path
    """Private to the call; the caller makes and removes it."""

    @property
    def settings(self) -> Path:
        """Return the file of the settings, the only ones that are read."""
        return self.root / "settings.json"

    @property
    def instructions(self) -> Path:
        """Return the file of the system prompt."""
        return self.root / "instructions.md"

    def furnish(self, role: RoleDefinition, inherited: Mapping[str, str], environment: Mapping[str, str]) -> None:
        """Write the files; `environment` is the program's, made from what was inherited."""
        (self.root / "tmp").mkdir()
        self.instructions.write_text(role.instructions.strip() + "\n", encoding="utf-8")
        self.settings.write_text(json.dumps(_settings(role.permissions)), encoding="utf-8")
        changed = {name for name, value in environment.items() if inherited.get(name) != value}
        write_shell(self._shell, inherited, changed=changed, added=_SET_BY_CLAUDE)

    def environment(self, inherited: Mapping[str, str], place: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of the program; `place` says where its models are."""
        own = {
            "CLAUDE_CONFIG_DIR": str(self.root / "config"),
            "CLAUDE_SECURESTORAGE_CONFIG_DIR": os.environ.get("CLAUDE_CONFIG_DIR", ""),
            "CLAUDE_CODE_MAX_RETRIES": RETRIES,
            "CLAUDE_CODE_SHELL": str(self._shell),
            "CLAUDE_CODE_TMPDIR": str(self.root / "tmp"),
            **dict.fromkeys(_SWITCHES, "1"),
        }
        return {**inherited, **own, **place}

    @property
    def _shell(self) -> Path:
        return self.root / "bin" / Path(real_shell()).name


def inherited_environment(names: Sequence[str], *, elsewhere: bool) -> dict[str, str]:
    """Return our environment with the named variables, and with the keys that Claude Code may use.

    Without Claude Code's settings; `elsewhere`, for an endpoint, without all that says where its models are, too.
    """
    kept = (*names, *(() if elsewhere else _KEYS))
    dropped = _PLACE if elsewhere else _SETTING
    return {name: value for name, value in with_secrets(kept).items() if name in kept or not dropped.match(name)}


def place_of(endpoint: Endpoint, model: str, nowhere: Path) -> dict[str, str]:
    """Return the variables that lead to an endpoint, with its key and no other login."""
    return {
        "ANTHROPIC_BASE_URL": endpoint.base_url,
        # It does not start without one.
        "ANTHROPIC_AUTH_TOKEN": endpoint.key or "none",
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
        "CLAUDE_SECURESTORAGE_CONFIG_DIR": str(nowhere),
    }


def _settings(permissions: frozenset[Permission]) -> dict[str, Any]:
    """Return the settings: what is allowed is allowed without asking, what asks nevertheless is granted.

    Claude Code asks before it writes what configures other tools (`.npmrc`, `.husky/`), or starts what goes on in the
    background, and a question that nobody answers is a denial; that a tool is not offered, and a path outside of the
    directory, are no questions.
    """
    granted = tools_of(permissions - {Permission.READ})
    answer = f"echo '{json.dumps({'hookSpecificOutput': _GRANT})}'"
    hook = {"matcher": "|".join(granted), "hooks": [{"type": "command", "command": answer}]}
    return {
        "attribution": {"commit": "", "pr": ""},
        "permissions": {"allow": granted, "deny": _SECRET_FILES},
        "hooks": {"PermissionRequest": [hook]} if granted else {},
    }


def tools_of(permissions: Iterable[Permission]) -> list[str]:
    """List the tools that are offered to a role."""
    return [tool for permission in Permission if permission in set(permissions) for tool in TOOLS[permission]]
