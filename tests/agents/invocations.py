"""How each program is called for the recordings: with the least that its role needs, and nothing of the user's."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.agents.model_server import ModelServer
from tests.agents.programs import argv_of, ripgrep_directory

SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"type": "string"}, "problems": {"type": "array", "items": {"type": "string"}}},
    "required": ["verdict", "problems"],
    "additionalProperties": False,
}
CLAUDE_ENVIRONMENT = {
    "ANTHROPIC_API_KEY": "key",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_MAX_RETRIES": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
}


@dataclass(frozen=True)
class Bench:
    """Where a program runs, and for what."""

    server: ModelServer
    model: str
    """Its name; `absent` is told to programs that want a list, though the server does not have it."""
    repository: Path
    home: Path
    writes: bool
    """Whether the role may edit and run."""
    is_structured: bool
    """Whether the reply has to fit SCHEMA."""


@dataclass(frozen=True)
class Invocation:
    """One call of a program; the prompt comes by standard input."""

    argv: list[str]
    environment: Mapping[str, str]


def _start(name: str) -> list[str]:
    argv = argv_of(name)
    assert argv, f"{name} is not installed"
    return argv


def _opencode(bench: Bench) -> Invocation:
    reading = {"*": "deny", "read": "allow", "grep": "allow", "glob": "allow", "external_directory": "deny"}
    models: dict[str, object] = {name: {} for name in [*bench.server.models, "absent"]}
    options = {"baseURL": bench.server.base_url, "apiKey": "key"}
    config = {
        "enabled_providers": ["local"],
        "provider": {"local": {"npm": "@ai-sdk/openai-compatible", "options": options, "models": models}},
        "agent": {"role": {"mode": "primary", "permission": {"*": "allow"} if bench.writes else reading}},
    }
    environment = {
        "OPENCODE_CONFIG_CONTENT": json.dumps(config),
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_PROJECT_CONFIG": "1",
        "npm_config_offline": "true",
        "PATH": os.pathsep.join(filter(None, (os.environ["PATH"], ripgrep_directory()))),
    }
    argv = ["run", "--pure", "--format", "json", "--title", "T", "--auto", "--agent", "role"]
    where = ["-m", f"local/{bench.model}", "--dir", str(bench.repository)]
    return Invocation([*_start("opencode"), *argv, *where], environment)


def _claude_code(bench: Bench) -> Invocation:
    argv = ["-p", "--output-format", "stream-json", "--verbose", "--no-session-persistence", "--strict-mcp-config"]
    own = ["--setting-sources", "", "--disable-slash-commands", "--model", bench.model, "--max-turns", "20"]
    writing = [
        "--tools",
        "Bash,Edit,Glob,Grep,Read,Write",
        "--permission-mode",
        "acceptEdits",
        "--allowedTools",
        "Bash",
    ]
    rights = writing if bench.writes else ["--restricted", "--tools", "Read,Grep,Glob"]
    schema = ["--json-schema", json.dumps(SCHEMA)] if bench.is_structured else []
    environment = {**CLAUDE_ENVIRONMENT, "ANTHROPIC_BASE_URL": bench.server.url}
    return Invocation([*_start("claude-code"), *argv, *own, *rights, *schema], environment)


def _codex(bench: Bench) -> Invocation:
    provider = (
        f'{{name="local", base_url="{bench.server.base_url}", env_key="LOCAL_KEY", wire_api="responses", '
        "request_max_retries=1, stream_max_retries=1}"
    )
    settings = ["analytics.enabled=false", "check_for_update_on_startup=false", 'model_provider="local"']
    settings.append(f"model_providers.local={provider}")
    # Otherwise all of /tmp may be written, and worktrees often lie there.
    settings += [f"sandbox_workspace_write.exclude_{place}=true" for place in ("slash_tmp", "tmpdir_env_var")]
    argv = ["exec", "--json", "--ephemeral", "--ignore-user-config", "--ignore-rules", "--skip-git-repo-check"]
    without = ["--disable", "plugins", "--disable", "apps"]
    where = ["-C", str(bench.repository), "-m", bench.model]
    rights = ["--sandbox", "workspace-write" if bench.writes else "read-only"]
    schema = ["--output-schema", str(_write_schema(bench))] if bench.is_structured else []
    options = [part for setting in settings for part in ("-c", setting)]
    (bench.home / "codex").mkdir()
    environment = {"LOCAL_KEY": "key", "CODEX_HOME": str(bench.home / "codex")}
    return Invocation([*_start("codex"), *argv, *without, *where, *rights, *options, *schema, "-"], environment)


def _write_schema(bench: Bench) -> Path:
    path = bench.home / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    return path


def _pi(bench: Bench) -> Invocation:
    models = [{"id": name} for name in [*bench.server.models, "absent"]]
    provider = {"baseUrl": bench.server.base_url, "api": "openai-completions", "apiKey": "key", "models": models}
    settings = bench.home / "pi"
    settings.mkdir()
    (settings / "models.json").write_text(json.dumps({"providers": {"local": provider}}))
    (settings / "settings.json").write_text(json.dumps({"retry": {"maxRetries": 1, "baseDelayMs": 100}}))
    argv = ["-p", "--mode", "json", "--no-session", "--provider", "local", "--model", bench.model]
    without = ["extensions", "mcp", "skills", "prompt-templates", "themes", "context-files", "approve"]
    tools = ["--tools", "read,bash,edit,write,grep,find,ls" if bench.writes else "read,grep,find,ls"]
    environment = {"PI_CODING_AGENT_DIR": str(settings), "PI_OFFLINE": "1", "PI_TELEMETRY": "0"}
    return Invocation([*_start("pi"), *argv, *(f"--no-{name}" for name in without), *tools], environment)


def _gemini(bench: Bench) -> Invocation:
    reading = ["list_directory", "read_file", "read_many_files", "grep_search", "glob"]
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False, "maxAttempts": 2},
        "tools": {"core": reading if not bench.writes else [*reading, "write_file", "replace", "run_shell_command"]},
    }
    (bench.home / ".gemini").mkdir()
    (bench.home / ".gemini" / "settings.json").write_text(json.dumps(settings))
    argv = ["-m", bench.model, "-o", "stream-json", "--skip-trust"]
    rights = ["--approval-mode", "yolo" if bench.writes else "default"]
    environment = {
        "GEMINI_API_KEY": "key",
        "GOOGLE_GEMINI_BASE_URL": bench.server.url,
        "GEMINI_CLI_NO_RELAUNCH": "true",
    }
    return Invocation([*_start("gemini"), *argv, *rights], environment)


INVOCATIONS: Mapping[str, Callable[[Bench], Invocation]] = {
    "opencode": _opencode,
    "claude-code": _claude_code,
    "codex": _codex,
    "pi": _pi,
    "gemini": _gemini,
}
