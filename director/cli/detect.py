"""Look around before anything is configured: agent programs on PATH, gates that the repository suggests."""

import json
import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from director.agents.registry import GROUP

PROGRAMS = {"opencode": "opencode", "claude": "claude-code", "codex": "codex", "gemini": "gemini", "pi": "pi"}
"""Agent programs, and the backend that each has or would have."""
INSTALL_HINT = "install one with: npm install -g opencode-ai   (or: curl -fsSL https://opencode.ai/install | bash)"
_NPM_PLACEHOLDER = "no test specified"
_PLAIN_TEST = re.compile(r"^(async )?def test_", re.MULTILINE)
_TEST_TARGET = re.compile(r"^test[ \t]*::?(?!=)", re.MULTILINE)


@dataclass(frozen=True)
class FoundAgent:
    """An agent program on PATH."""

    program: str
    path: Path
    backend: str
    """The backend that drives it."""
    has_backend: bool
    """Whether that backend is installed: a program without one cannot be used yet."""


def find_agents() -> list[FoundAgent]:
    """Return the known agent programs on PATH."""
    installed = {point.name for point in entry_points(group=GROUP)}
    found = ((program, backend, shutil.which(program)) for program, backend in PROGRAMS.items())
    return [FoundAgent(program, Path(path), backend, backend in installed) for program, backend, path in found if path]


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
