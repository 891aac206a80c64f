"""The private surroundings of one Gemini CLI call.

Nothing of the user's Gemini CLI leaks in: its idea of home is new for each call (GEMINI_CLI_HOME), and GEMINI_
variables are not inherited. Nor does anything of the repository: the directory counts as untrusted, so that its
`.gemini/` (settings, MCP servers, hooks, commands), GEMINI.md and `.env` are not read. Gemini CLI would refuse to work
there (exit 55), unless the check for trust is switched off. What an administrator set in /etc/gemini-cli still counts.

The user's login works: its files are links to the user's own, through which Gemini CLI writes a token that it
refreshes. No key is written to a file or a log. What Gemini CLI itself hides from commands is not what is hidden from
a gate, so they are run by a shell of ours, which it finds on PATH as `bash`.

An endpoint of the user's own gets the key that is configured for it, and neither the login nor any other key.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import Field

from director.agents.driving.endpoint import Endpoint
from director.agents.driving.hiding import write_shell
from director.agents.driving.loose import Loose, read_line
from director.agents.protocol import Request
from director.core.calls import RoleDefinition
from director.core.roles import Permission
from director.shell.environment import with_secrets

TOOLS: Mapping[Permission, Sequence[str]] = {
    Permission.READ: ("list_directory", "read_file", "read_many_files", "glob", "grep_search"),
    Permission.EDIT: ("replace", "write_file"),
    Permission.RUN: ("run_shell_command",),
}
ATTEMPTS = 2
"""How often Gemini CLI asks its provider in all; its default takes minutes."""
COMMAND = "task"
"""The slash command after which the prompt stands: what follows one is passed on as it is. Elsewhere `@` names a file,
whose content is put in."""
API_KEY, LOGIN_WITH_GOOGLE = "gemini-api-key", "oauth-personal"

_KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS")
_LOGIN = "oauth_creds.json"
_LOGINS = (_LOGIN, "google_accounts.json", "gemini-credentials.json")
_SET_BY_GEMINI = ("GEMINI_CLI", "GEMINI_CLI_ACTIVITY_LOG_TARGET")
# Without it a command that writes to a file by redirection would have to be approved.
_POLICY = {"rule": [{"toolName": "run_shell_command", "decision": "allow", "priority": 999, "allowRedirection": True}]}


class _Auth(Loose):
    selected: str = Field(default="", alias="selectedType")


class _Security(Loose):
    auth: _Auth = _Auth()


class _Settings(Loose):
    """The user's own settings."""

    security: _Security = _Security()


@dataclass(frozen=True)
class Home:
    """The directories and files of one call."""

    root: Path
    """Private to the call; the caller makes and removes it."""

    @property
    def settings(self) -> Path:
        """Return Gemini CLI's directory of settings."""
        return self.root / ".gemini"

    @property
    def instructions(self) -> Path:
        """Return the file of the system prompt."""
        return self.root / "instructions.md"

    @property
    def _bin(self) -> Path:
        return self.root / "bin"

    def furnish(self, settings: Mapping[str, Any], role: RoleDefinition, *, with_login: bool) -> None:
        """Write the files and links."""
        for directory in (self.settings / "commands", self.settings / "policies", self.root / "tmp"):
            directory.mkdir(parents=True)
        if with_login:
            self._link_login()
        (self.settings / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        (self.settings / "policies" / "commands.toml").write_text(tomli_w.dumps(_POLICY), encoding="utf-8")
        command = tomli_w.dumps({"prompt": "What is to be done follows the name of this command."})
        (self.settings / "commands" / f"{COMMAND}.toml").write_text(command, encoding="utf-8")
        self.instructions.write_text(role.instructions.strip() + "\n", encoding="utf-8")

    def environment(self, inherited: Mapping[str, str], place: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of the program, and write the shell that hides it; `place` says where models are."""
        changes = {
            "GEMINI_CLI_HOME": str(self.root),
            "GEMINI_CLI_NO_RELAUNCH": "true",
            "GEMINI_CLI_TRUST_WORKSPACE": "false",
            "GEMINI_SYSTEM_MD": str(self.instructions),
            "PATH": os.pathsep.join([str(self._bin), inherited.get("PATH") or os.defpath]),
            # It leaves reports of its errors there.
            "TMPDIR": str(self.root / "tmp"),
            **place,
        }
        write_shell(self._bin / "bash", inherited, changed=changes, added=(*_KEYS, *_SET_BY_GEMINI))
        return {**inherited, **changes}

    def _link_login(self) -> None:
        for name in _LOGINS:
            if (users := user_directory() / name).is_file():
                (self.settings / name).symlink_to(users)
        # Of a file there, only keys and the project are read.
        if (keys := user_directory() / ".env").is_file():
            (self.root / ".env").symlink_to(keys)


def inherited_environment(names: Sequence[str], *, elsewhere: bool) -> dict[str, str]:
    """Return our environment with the named variables, without Gemini CLI's settings.

    `elsewhere`, for an endpoint, without all that says where its models are and with no other key.
    """
    kept = (*names, *(() if elsewhere else _KEYS))
    dropped = ("GEMINI_", "GOOGLE_") if elsewhere else ("GEMINI_",)
    return {name: value for name, value in with_secrets(kept).items() if name in kept or not name.startswith(dropped)}


def place_of(endpoint: Endpoint) -> dict[str, str]:
    """Return the variables that lead to an endpoint; Gemini CLI does not start without a key."""
    return {"GOOGLE_GEMINI_BASE_URL": endpoint.base_url, "GEMINI_API_KEY": endpoint.key or "none"}


def user_directory() -> Path:
    """Return where the user's own Gemini CLI keeps its login."""
    return Path(os.environ.get("GEMINI_CLI_HOME") or Path.home()) / ".gemini"


def login_of(inherited: Mapping[str, str]) -> str:
    """Say by what Gemini CLI would log in; empty where its own variables decide that are not known here."""
    auth, keys = auth_type(inherited), [name for name in _KEYS if name in inherited]
    if auth == LOGIN_WITH_GOOGLE:
        return "Google account" if (user_directory() / _LOGIN).is_file() else "none"
    return f"the key in '{keys[0]}'" if keys else auth


def auth_type(inherited: Mapping[str, str]) -> str:
    """Return the way to log in that the user chose, or that the files show; empty to let the variables decide."""
    try:
        settings = read_line((user_directory() / "settings.json").read_bytes(), _Settings)
    except OSError:
        settings = None
    if settings and settings.security.auth.selected:
        return settings.security.auth.selected
    has_key = any(name in inherited for name in _KEYS)
    return LOGIN_WITH_GOOGLE if not has_key and (user_directory() / _LOGIN).is_file() else ""


def settings_of(request: Request, model: str, auth: str) -> dict[str, Any]:
    """Return the settings: `tools.core` is what is offered, what is allowed without asking, and all that is allowed."""
    permissions = request.role.permissions
    return {
        "general": {
            "enableAutoUpdate": False,
            "enableAutoUpdateNotification": False,
            "maxAttempts": ATTEMPTS,
            "plan": {"enabled": False},
        },
        "privacy": {"usageStatisticsEnabled": False},
        "billing": {"overageStrategy": "never"},
        "security": {"folderTrust": {"enabled": False}, "auth": {"selectedType": auth} if auth else {}},
        "advanced": {"ignoreLocalEnv": True},
        "context": {"includeDirectoryTree": False},
        "skills": {"enabled": False},
        "hooksConfig": {"enabled": False},
        "experimental": {"enableAgents": False},
        "tools": {
            "core": [tool for permission in Permission if permission in permissions for tool in TOOLS[permission]],
            "shell": {"enableInteractiveShell": False},
        },
        "modelConfigs": {"customOverrides": _sampling(request, model)},
    }


def _sampling(request: Request, model: str) -> list[dict[str, Any]]:
    role, sampling = request.role.temperature, request.sampling
    told = {"temperature": role if sampling.temperature is None else sampling.temperature, "topP": sampling.top_p}
    known = {name: value for name, value in told.items() if value is not None}
    return [{"match": {"model": model}, "modelConfig": {"generateContentConfig": known}}] if known else []
