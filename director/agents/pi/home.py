"""The private surroundings of one pi call.

Nothing of the user's pi leaks in: its directory of settings is new for each call (PI_CODING_AGENT_DIR), extensions,
skills, prompts, themes, MCP servers, AGENTS.md and the repository's `.pi/` are switched off (run.py), and PI_ variables
are not inherited. What it has downloaded is shared: its list of models, and the programs that search.

The user's login works: auth.json is a link to the user's own, through which pi writes a token that it refreshes. pi
guards the refreshing by a lock beside the link, which is another one for each call; so what is about to expire is
refreshed before (`renew_login`), under the user's own lock. No key is written to a file: keys stay in their variables.

An endpoint of the user's own gets the key that is configured for it, and neither the login nor any other key.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import PositiveInt

from director.agents.driving.endpoint import Endpoint
from director.agents.driving.hiding import real_shell, write_shell
from director.agents.driving.loose import Loose, Tally, read_value
from director.agents.protocol import Request
from director.core.strictjson import read_json
from director.shell import processes
from director.shell.environment import with_secrets

RETRIES = 2
"""How often pi asks its provider again by itself."""
EXPIRES_SECONDS = 600
"""A login that is good for less is renewed before a call."""

_KEYS = (
    "AI_GATEWAY_API_KEY",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_OAUTH_TOKEN",
    "ANT_LING_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_OPENAI_API_KEY",
    "BASETEN_API_KEY",
    "CEREBRAS_API_KEY",
    "CLOUDFLARE_API_KEY",
    "COPILOT_GITHUB_TOKEN",
    "DEEPSEEK_API_KEY",
    "FIREWORKS_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_API_KEY",
    "GROQ_API_KEY",
    "HF_TOKEN",
    "KIMI_API_KEY",
    "META_API_KEY",
    "MINIMAX_API_KEY",
    "MINIMAX_CN_API_KEY",
    "MISTRAL_API_KEY",
    "MOONSHOT_API_KEY",
    "NVIDIA_API_KEY",
    "OPENAI_API_KEY",
    "OPENCODE_API_KEY",
    "OPENROUTER_API_KEY",
    "QWEN_TOKEN_PLAN_API_KEY",
    "QWEN_TOKEN_PLAN_CN_API_KEY",
    "RADIUS_API_KEY",
    "TOGETHER_API_KEY",
    "XAI_API_KEY",
    "XIAOMI_API_KEY",
    "ZAI_API_KEY",
    "ZAI_CODING_CN_API_KEY",
)
_SET_BY_PI = (
    "AI_AGENT",
    "PI_CODING_AGENT",
    "PI_MODEL",
    "PI_PROVIDER",
    "PI_REASONING_LEVEL",
    "PI_SESSION_FILE",
    "PI_SESSION_ID",
)
_SHARED = ("bin", "models-store.json")
_RENEW_SECONDS = 60


class PiEndpoint(Endpoint):
    """An endpoint with what pi has to know of its models."""

    api: Literal["openai-completions", "openai-responses", "anthropic-messages", "google-generative-ai"] = (
        "openai-completions"
    )
    """What it speaks."""
    context_window: PositiveInt | None = None
    """Tokens that its models can read. Default: pi's, 128000."""
    max_output: PositiveInt | None = None
    """Tokens that its models may write at once. Default: pi's, 16384."""


@dataclass(frozen=True)
class Home:
    """The directories and files of one call."""

    root: Path
    """Private to the call; the caller makes and removes it."""

    @property
    def agent(self) -> Path:
        """Return pi's directory of settings."""
        return self.root / "agent"

    @property
    def instructions(self) -> Path:
        """Return the file of the system prompt."""
        return self.root / "instructions.md"

    @property
    def _shell(self) -> Path:
        return self.root / "bin" / Path(real_shell()).name

    def furnish(self, inherited: Mapping[str, str], models: Mapping[str, Any], *, with_login: bool) -> None:
        """Write the files and links; `models` are pi's blocks of providers."""
        self.agent.mkdir()
        for name in (*_SHARED, *(("auth.json",) if with_login else ())):
            if (users := user_directory() / name).exists():
                (self.agent / name).symlink_to(users)
        self._write("models.json", {"providers": models})
        self._write("settings.json", _settings(self._shell))
        write_shell(self._shell, inherited, changed=(*self._changes(), "PATH"), added=_SET_BY_PI)

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of the program."""
        return {**inherited, **self._changes()}

    def _changes(self) -> dict[str, str]:
        switches = dict.fromkeys(("PI_OFFLINE", "PI_SKIP_VERSION_CHECK"), "1")
        return {"PI_CODING_AGENT_DIR": str(self.agent), "PI_TELEMETRY": "0", **switches}

    def _write(self, name: str, value: object) -> None:
        (self.agent / name).write_text(json.dumps(value), encoding="utf-8")


def inherited_environment(names: Sequence[str], *, elsewhere: bool) -> dict[str, str]:
    """Return our environment with the named variables, without pi's settings; `elsewhere`, without providers' keys."""
    kept = (*names, *(() if elsewhere else _KEYS))
    return {name: value for name, value in with_secrets(kept).items() if name in kept or not name.startswith("PI_")}


def user_directory() -> Path:
    """Return where the user's own pi keeps its login."""
    return Path(os.environ.get("PI_CODING_AGENT_DIR") or Path.home() / ".pi" / "agent").expanduser()


def models_of(provider: str, model: str, endpoint: PiEndpoint | None, request: Request) -> dict[str, Any]:
    """Return the blocks that tell pi of an endpoint, and of the sampling; pi minds it with OpenAI's APIs only."""
    role = request.role.temperature
    temperature = role if request.sampling.temperature is None else request.sampling.temperature
    sampling = {"samplingParams": _known(temperature=temperature, top_p=request.sampling.top_p)}
    if endpoint is None:
        return {provider: {"modelOverrides": {model: sampling}}}
    sizes = _known(contextWindow=endpoint.context_window, maxTokens=endpoint.max_output)
    return {
        provider: {
            "baseUrl": endpoint.base_url,
            "api": endpoint.api,
            # It takes no model without a key.
            "apiKey": f"${endpoint.api_key_env}" if endpoint.api_key_env else "none",
            "models": [{"id": model, **sizes, **sampling}],
        }
    }


class _Login(Loose):
    type: str = ""
    expires: Tally = 0
    """Milliseconds since the epoch."""


def renew_login(program: str, provider: str, inherited: Mapping[str, str], place: Path) -> None:
    """Have the user's own pi refresh a login that is about to expire; what it prints is the token, and is dropped."""
    if not _expires_soon(provider):
        return
    argv = [program, "auth", "print-bearer-token", "--provider", provider, "--min-expiry", f"{EXPIRES_SECONDS}s"]
    environment = {**inherited, "PI_CODING_AGENT_DIR": str(user_directory())}
    processes.capture(argv, env=environment, cwd=place, timeout=_RENEW_SECONDS)


def _expires_soon(provider: str) -> bool:
    try:
        stored = read_json((user_directory() / "auth.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    login = (read_value(stored.get(provider), _Login) if isinstance(stored, dict) else None) or _Login()
    return login.type == "oauth" and login.expires / 1000 < time.time() + EXPIRES_SECONDS


def _settings(shell: Path) -> dict[str, Any]:
    return {
        "shellPath": str(shell),
        "retry": {"maxRetries": RETRIES},
        # It would ask the provider by itself, which no event tells.
        "cacheWarming": "off",
        "defaultProjectTrust": "never",
    }


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
