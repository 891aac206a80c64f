"""Where the agent programs are that the tests drive; `tests/install-agents` brings them."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from director.shell import processes

INSTALLED = Path(__file__).parent.parent / ".agents"
_OWN_NODE = "node_modules/node-*/bin/node"
_PLACES: Mapping[str, tuple[str, str]] = {
    "opencode": ("opencode", "node_modules/opencode-*/bin/opencode"),
    "claude-code": ("claude", "node_modules/@anthropic-ai/claude-code-*/claude"),
    "codex": ("codex", "node_modules/@openai/codex/vendor/*/bin/codex"),
    "claude-agent-acp": ("claude-agent-acp", "node_modules/@agentclientprotocol/claude-agent-acp/dist/index.js"),
    "pi": ("pi", "node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js"),
    "gemini": ("gemini", "node_modules/@google/gemini-cli/bundle/gemini.js"),
}
"""By name: what the program is called on PATH, and where it lies when it was installed for the tests."""
PROGRAMS = tuple(_PLACES)


def argv_of(name: str) -> list[str] | None:
    """Return how a program is started, or nothing if it is not there.

    DIRECTOR_TEST_<NAME> names another one than the installed one; what is on PATH comes last.
    """
    if chosen := os.environ.get(f"DIRECTOR_TEST_{name.upper().replace('-', '_')}"):
        return [chosen]
    on_path, place = _PLACES[name]
    found = next((INSTALLED / name).glob(place), None) or shutil.which(on_path)
    if found is None:
        return None
    return [_node_of(name), str(found)] if str(found).endswith(".js") else [str(found)]


def _node_of(name: str) -> str:
    """Return the node that was installed beside a program, or else the one on PATH."""
    return str(next((INSTALLED / name).glob(_OWN_NODE), "node"))


def ripgrep_directory() -> str:
    """Return where the `rg` is that OpenCode searches with, or an empty text."""
    return next(map(str, (INSTALLED / "opencode").glob("node_modules/@vscode/ripgrep-*/bin")), "")


def needs(*names: str) -> pytest.MarkDecorator:
    """Skip a test unless the programs are there, and say aloud why."""
    missing = [name for name in names if argv_of(name) is None]
    way = f"run tests/install-agents {' '.join(missing)}" if shutil.which("npm") else "npm is missing"
    reason = f"NOT INSTALLED: {', '.join(missing)} ({way})"
    return pytest.mark.skipif(bool(missing), reason=reason)


def version_of(name: str) -> str:
    """Return what a program says of its version."""
    argv = argv_of(name)
    assert argv, name
    said = processes.capture([*argv, "--version"], env=dict(os.environ))
    return (said.stdout.decode().split("\n", 1)[0] or said.stderr.decode().split("\n", 1)[0]).strip()
