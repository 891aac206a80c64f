"""Look around before anything is configured: agent programs on PATH, gates that the repository suggests."""

import json
import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class KnownAgent:
    """An agent program that director can drive, and the tiers that suit it."""

    program: str
    """Its name on PATH."""
    backend: str
    planner: str
    executor: str


AGENTS = (
    KnownAgent("opencode", "opencode", "anthropic/claude-opus-4-5", "anthropic/claude-haiku-4-5"),
    KnownAgent("claude", "claude-code", "claude-code:opus", "claude-code:haiku"),
    KnownAgent("codex", "codex", "codex:gpt-5", "codex:gpt-5-mini"),
    KnownAgent("gemini", "gemini", "gemini:gemini-2.5-pro", "gemini:gemini-2.5-flash"),
    KnownAgent("pi", "pi", "pi:anthropic/claude-opus-4-5", "pi:anthropic/claude-haiku-4-5"),
)
"""The first one that is installed gives the tiers that `init` proposes."""
INSTALL_HINT = "install one with: npm install -g opencode-ai   (or: curl -fsSL https://opencode.ai/install | bash)"
_NPM_PLACEHOLDER = "no test specified"
_PLAIN_TEST = re.compile(r"^(async )?def test_", re.MULTILINE)
_TEST_TARGET = re.compile(r"^test[ \t]*::?(?!=)", re.MULTILINE)


def find_agents() -> list[tuple[KnownAgent, Path]]:
    """Return the agent programs on PATH, and where they are."""
    found = ((agent, shutil.which(agent.program)) for agent in AGENTS)
    return [(agent, Path(path)) for agent, path in found if path]


def guess_gates(repository: Path) -> dict[str, str]:
    """Return gates that suit the repository, name to shell command: linters first, then tests."""
    return {name: command for name, guess in _GUESSES.items() if (command := guess(repository))}


def _ruff(repository: Path) -> str:
    configured = any((repository / name).is_file() for name in ("ruff.toml", ".ruff.toml"))
    return "ruff check ." if configured or "ruff" in _pyproject_tools(repository) else ""


def _pytest(repository: Path) -> str:
    """Tests that are plain functions are pytest's too, with no configuration."""
    configured = any((repository / name).is_file() for name in ("pytest.ini", "conftest.py", "tests/conftest.py"))
    plain = any(_PLAIN_TEST.search(_text(path)) for path in (repository / "tests").glob("test_*.py"))
    return "python3 -m pytest -q" if configured or plain or "pytest" in _pyproject_tools(repository) else ""


def _npm(repository: Path) -> str:
    """A clean checkout has no node_modules: with a lock file they are installed first."""
    script = str(_table(_json(repository / "package.json"), "scripts").get("test", ""))
    if not script.strip() or _NPM_PLACEHOLDER in script:
        return ""
    return "npm ci && npm test" if (repository / "package-lock.json").is_file() else "npm test"


def _cargo(repository: Path) -> str:
    return "cargo test" if (repository / "Cargo.toml").is_file() else ""


def _go(repository: Path) -> str:
    return "go test ./..." if (repository / "go.mod").is_file() else ""


def _make(repository: Path) -> str:
    texts = (_text(repository / name) for name in ("GNUmakefile", "makefile", "Makefile"))
    return "make test" if any(_TEST_TARGET.search(text) for text in texts) else ""


_GUESSES: dict[str, Callable[[Path], str]] = {
    "ruff": _ruff,
    "pytest": _pytest,
    "npm": _npm,
    "cargo": _cargo,
    "go": _go,
    "make": _make,
}


def _pyproject_tools(repository: Path) -> set[str]:
    """Return the tools that pyproject.toml configures or depends on; a file that cannot be read suggests none."""
    try:
        project = tomllib.loads(_text(repository / "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return set()
    groups = [*_table(project, "dependency-groups").values()]
    groups += [*_table(_table(project, "project"), "optional-dependencies").values()]
    needed = [str(item) for group in groups if isinstance(group, list) for item in group]
    return {*_table(project, "tool"), *(re.split(r"[^A-Za-z0-9._-]", item)[0] for item in needed)}


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path) or "{}")
    except ValueError:
        return {}


def _table(value: Any, key: str) -> dict[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
