"""The private surroundings of one OpenCode call, or of the server that serves many.

Nothing of the user's OpenCode leaks in: the program's directories of configuration and data and its idea of home are
new for each, the project's `opencode.json`, `.opencode/` and AGENTS.md are switched off (director puts guidance
that applies into the prompt; see also project.py), and OPENCODE_ variables are not inherited. Nothing gets
out: the session ends with its directory. Only the user's cache is shared, for it holds no settings: the list of models,
ripgrep, provider packages. What an administrator set in /etc/opencode still counts.

The user's login works: auth.json in the private data directory is a link to the user's own. OpenCode writes through it,
so a token that it refreshes is refreshed for the user as well; a copy, or OPENCODE_AUTH_CONTENT, would leave the user
with a refresh token that is spent. No key is written to a file or a log: keys stay in their environment variables.

Commands that the agent runs see neither: their shell is a small script that takes away keys and private directories,
so that they see what a gate's commands see.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from director.agents.driving.hiding import real_shell, write_shell
from director.shell.environment import with_secrets

PROVIDER_KEYS = (
    "ANTHROPIC_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_API_KEY",
    "CEREBRAS_API_KEY",
    "DEEPINFRA_API_KEY",
    "DEEPSEEK_API_KEY",
    "FIREWORKS_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_GENERATIVE_AI_API_KEY",
    "GROQ_API_KEY",
    "HF_TOKEN",
    "MINIMAX_API_KEY",
    "MISTRAL_API_KEY",
    "MOONSHOT_API_KEY",
    "NVIDIA_API_KEY",
    "OPENAI_API_KEY",
    "OPENCODE_API_KEY",
    "OPENCODE_AUTH_CONTENT",
    "OPENROUTER_API_KEY",
    "TOGETHER_API_KEY",
    "XAI_API_KEY",
    "ZHIPU_API_KEY",
)
"""The variables in which providers' keys are kept; further ones are named by `env` in the configuration."""

_SWITCHES = (
    "OPENCODE_DISABLE_AUTOUPDATE",
    "OPENCODE_DISABLE_CLAUDE_CODE",
    "OPENCODE_DISABLE_EXTERNAL_SKILLS",
    "OPENCODE_DISABLE_LSP_DOWNLOAD",
    "OPENCODE_DISABLE_PROJECT_CONFIG",
    "OPENCODE_DISABLE_SHARE",
)
_SET_BY_OPENCODE = ("OPENCODE", "OPENCODE_LOG_LEVEL", "OPENCODE_PID", "OPENCODE_PRINT_LOGS", "OPENCODE_PURE")
PASSWORD = "OPENCODE_SERVER_PASSWORD"
"""The variable that holds the password of a server."""
# It would install this package from npm into every configuration directory, unless a lock file names it already.
_LOCK = {"packages": {"": {"dependencies": {"@opencode-ai/plugin": "*"}}}}


@dataclass(frozen=True)
class Home:
    """The directories of one call, or of one server."""

    root: Path
    """Private to it; the caller makes and removes it."""
    state: Path
    """Shared by the calls of a job, for the program keeps its locks there."""

    @property
    def agents(self) -> Path:
        """Return where the agent's definition has to be."""
        return self.root / "config" / "opencode" / "agent"

    @property
    def shell(self) -> Path:
        """Return the shell that runs the agent's commands."""
        return self.root / "bin" / Path(real_shell()).name

    def furnish(self, environment: Mapping[str, str], *, table: Path | None = None) -> None:
        """Make the directories, the link to the user's login and the shell; `environment` is the program's to be.

        A table (table.py) says which call it is whose command the shell runs, where there are several.
        """
        config, data, home = self.agents.parent, self.root / "data" / "opencode", self.root / "home"
        for directory in (self.agents, config / "node_modules", data, home, self.state):
            directory.mkdir(parents=True, exist_ok=True)
        (config / "package-lock.json").write_text(json.dumps(_LOCK), encoding="utf-8")
        if (login := login_file(environment)).is_file():
            (data / "auth.json").symlink_to(login)
        added = (*_SET_BY_OPENCODE, PASSWORD, "OPENCODE_DISABLE_MODELS_FETCH")
        write_shell(self.shell, environment, changed=_changes(self, {}), added=added, table=table)

    def environment(self, inherited: Mapping[str, str], config: Mapping[str, Any]) -> dict[str, str]:
        """Return the environment of the program."""
        return {**inherited, **_changes(self, config)}


def inherited_environment(names: Iterable[str]) -> dict[str, str]:
    """Return our environment with the providers' keys and the named variables, but without OpenCode's settings."""
    allowed = (*PROVIDER_KEYS, *names)
    environment = with_secrets(allowed)
    return {name: value for name, value in environment.items() if name in allowed or not _is_setting(name)}


def _is_setting(name: str) -> bool:
    return name == "OPENCODE" or name.startswith("OPENCODE_")


def _changes(home: Home, config: Mapping[str, Any]) -> dict[str, str]:
    return {
        "XDG_CONFIG_HOME": str(home.root / "config"),
        "XDG_DATA_HOME": str(home.root / "data"),
        "XDG_STATE_HOME": str(home.state),
        # Only the program's own idea of home: ~/.opencode, ~/.claude and ~/.agents are looked for there.
        "OPENCODE_TEST_HOME": str(home.root / "home"),
        "OPENCODE_CONFIG_CONTENT": json.dumps(config),
        **dict.fromkeys(_SWITCHES, "1"),
        # A provider of our own configuration needs no list of the world's models.
        **({"OPENCODE_DISABLE_MODELS_FETCH": "1"} if config.get("provider") else {}),
    }


def login_file(environment: Mapping[str, str]) -> Path:
    """Return where OpenCode keeps the user's logins."""
    return _user_directory(environment, "XDG_DATA_HOME", ".local/share") / "opencode/auth.json"


def _user_directory(environment: Mapping[str, str], variable: str, default: str) -> Path:
    return Path(environment.get(variable) or Path(environment.get("HOME") or Path.home()) / default)
