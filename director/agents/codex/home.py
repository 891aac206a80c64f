"""The private surroundings of one Codex call.

Nothing of the user's Codex leaks in: its directory (CODEX_HOME), with its configuration, is new for each call, and the
repository is not trusted, so that its `.codex/` is left unread; AGENTS.md and skills are switched off, for director
puts guidance that applies into the prompt. The user's login works: auth.json is a link to the user's own, and Codex
writes through it when it refreshes a token. A login that is kept in a keyring is not found. No key is written to a file
or a log: keys stay in their environment variables.

An endpoint of the user's own gets the key that is configured for it, and neither the login nor any other key.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w

from director.agents.driving.endpoint import Endpoint
from director.agents.driving.hiding import secrets_of
from director.core.roles import Permission
from director.shell.environment import with_secrets

UNCONFINED = "unconfined"
"""The mode in which what edits and runs is in no sandbox."""
RETRIES = 2
"""How often Codex asks an endpoint again by itself; how often it asks OpenAI cannot be set (4 requests, 5 streams)."""
PROVIDER = "director"

_KEYS = ("CODEX_API_KEY", "CODEX_ACCESS_TOKEN")
_SPARE_KEY = "OPENAI_API_KEY"
_FEATURES = (
    "apps",
    "goals",
    "hooks",
    "image_generation",
    "memories",
    "plugins",
    "shell_snapshot",
    "skill_search",
    "unbounded_connection_retries",
    "view_image",
)
"""What a call has no use for, and what would read the user's own or never end."""
_HIDDEN = ("CODEX_HOME", "CODEX_SESSION_ID", "CODEX_THREAD_ID", "CODEX_TOOL_CALL_ID")


@dataclass(frozen=True)
class Home:
    """The directory of one call, CODEX_HOME."""

    root: Path
    """Private to the call; the caller makes and removes it."""

    @property
    def instructions(self) -> Path:
        """Return the file of the system prompt."""
        return self.root / "instructions.md"

    @property
    def schema(self) -> Path:
        """Return the file of the schema that the answer has to fit."""
        return self.root / "schema.json"

    def furnish(self, config: Mapping[str, Any], instructions: str, *, with_login: bool) -> None:
        """Write the files, and link the user's login."""
        self.instructions.write_text(instructions.strip() + "\n", encoding="utf-8")
        (self.root / "config.toml").write_text(tomli_w.dumps(config), encoding="utf-8")
        if with_login and _login().is_file():
            (self.root / "auth.json").symlink_to(_login().resolve())


def environment_of(names: Iterable[str], endpoint: Endpoint | None, home: Path) -> dict[str, str]:
    """Return the environment of the program."""
    if endpoint:
        names = (*names, *filter(None, [endpoint.api_key_env]))
        return {**_without_settings(names), "CODEX_HOME": str(home)}
    environment = _without_settings((*_KEYS, _SPARE_KEY, *names))
    key = environment.pop(_SPARE_KEY, "")
    spare = {"CODEX_API_KEY": key} if key_variable() == _SPARE_KEY else {}
    return {**environment, **spare, "CODEX_HOME": str(home)}


def key_variable() -> str | None:
    """Return the variable whose key counts; None where it is the login, or nothing. OpenAI's own counts last."""
    if found := next((name for name in _KEYS if os.environ.get(name)), None):
        return found
    return _SPARE_KEY if os.environ.get(_SPARE_KEY) and not _login().is_file() else None


def render_config(
    permissions: frozenset[Permission],
    *,
    home: Home,
    directory: Path,
    endpoint: Endpoint | None,
    environment: Mapping[str, str],
    roots: Iterable[str],
    mode: str | None,
) -> dict[str, Any]:
    """Return the configuration of one call; `roots` may be written to besides the directory, by who may write."""
    return {
        "approval_policy": "never",
        "sandbox_mode": sandbox_of(permissions, mode),
        "sandbox_workspace_write": {"network_access": True, "writable_roots": [*_caches(), *roots]},
        "model_instructions_file": str(home.instructions),
        "project_doc_max_bytes": 0,
        "projects": {str(directory): {"trust_level": "untrusted"}},
        "skills": {"include_instructions": False, "bundled": {"enabled": False}},
        "agents": {"enabled": False},
        "features": dict.fromkeys(_FEATURES, False),
        "web_search": "disabled",
        "include_apps_instructions": False,
        "allow_login_shell": False,
        "shell_environment_policy": {
            "inherit": "all",
            # The list is the same as for tests: what looks like a secret.
            "ignore_default_excludes": True,
            "exclude": sorted({*secrets_of(environment), *_HIDDEN}),
        },
        "analytics": {"enabled": False},
        "history": {"persistence": "none"},
        "check_for_update_on_startup": False,
        "cli_auth_credentials_store": "file",
        **(_provider(endpoint) if endpoint else {}),
    }


def sandbox_of(permissions: frozenset[Permission], mode: str | None) -> str:
    """Return Codex's word for what a role may do. Its one tool is a shell: who may read runs, but changes nothing."""
    if permissions.isdisjoint({Permission.EDIT, Permission.RUN}):
        return "read-only"
    return "danger-full-access" if mode == UNCONFINED else "workspace-write"


def _login() -> Path:
    """Return the user's own login."""
    return Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex") / "auth.json"


def _without_settings(names: Iterable[str]) -> dict[str, str]:
    kept = tuple(names)
    return {name: value for name, value in with_secrets(kept).items() if name in kept or not name.startswith("CODEX_")}


def _caches() -> list[str]:
    """List the user's cache, without which compilers and package managers do not work."""
    cache = platformdirs.user_cache_path()
    return [str(cache)] if cache.is_dir() else []


def _provider(endpoint: Endpoint) -> dict[str, Any]:
    block = {
        "name": PROVIDER,
        "base_url": endpoint.base_url,
        "wire_api": "responses",
        "request_max_retries": RETRIES,
        "stream_max_retries": RETRIES,
    }
    key = {"env_key": endpoint.api_key_env} if endpoint.api_key_env else {}
    return {"model_provider": PROVIDER, "model_providers": {PROVIDER: {**block, **key}}}
