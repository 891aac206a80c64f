"""Real agents of the Agent Client Protocol, driven against a model on the loopback (tests/install-agents)."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from director.agents.acp.backend import Acp
from director.agents.protocol import Request, Surroundings
from director.core.calls import CallKey, End, Reply, ToolEvent, ToolKind, Usage
from director.core.config.settings import BackendOptions
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.environment import without_secrets
from director.shell.processes import Limits
from tests.agents.model_server import ModelServer, in_turn, run_command, write_file
from tests.agents.programs import argv_of, needs

MISDEEDS = in_turn([write_file("spoilt.txt", "x\n")], [run_command("touch spoilt.txt")], "I tried.")
RED = in_turn([run_command("python3 -c 1/0")], [write_file("hello.txt", "hello\n")], "All done.")
SLEEPER = in_turn([run_command("python3 -c 'import time; time.sleep(300)'")])


@dataclass
class Bench:
    """A repository, and an agent that works on it."""

    root: Path
    command: str
    options: BackendOptions

    def ask(self, role: Role = Role.EXECUTOR, *, model: str = "", idle: float = 60) -> Reply:
        backend = Acp(Surroundings(self.options, self.root, self.root / "state", load_roles))
        request = Request(
            key=CallKey(role=role, task="run:parser"),
            tier=parse_tier(f"acp:{self.command}{model}"),
            role=load_roles()[role],
            prompt="Please do it.",
            directory=self.repository,
            log_directory=self.root / "logs",
            limits=Limits(wall=120, idle=idle),
            mark=f"job/{self.root.name}",
        )
        return backend.ask(request)

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    def left_running(self) -> list[object]:
        return list(processes.marked_processes(f"job/{self.root.name}"))


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer({"misdeeds": MISDEEDS, "red": RED, "sleeper": SLEEPER}) as server:
        yield server


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    processes.capture(["git", "init", "--quiet"], cwd=root, env=without_secrets())
    return root


@pytest.fixture
def claude(server: ModelServer, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Claude Code's agent; its model, and so the scenario, is named by ANTHROPIC_MODEL."""
    settings = {
        "ANTHROPIC_API_KEY": "key",
        "ANTHROPIC_BASE_URL": server.url,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_EXECUTABLE": shlex.join(argv_of("claude-code") or []),
        "CLAUDE_CODE_MAX_RETRIES": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    command = shlex.join(argv_of("claude-agent-acp") or [])
    return Bench(repository.parent, command, BackendOptions(env=("ANTHROPIC_API_KEY",)))


@needs("claude-agent-acp", "claude-code")
def test_a_role_that_may_write_is_granted_what_it_asks_for(claude: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_MODEL", "red")

    reply = claude.ask()

    assert (reply.end, reply.text) == (End.DONE, "All done.")
    assert (claude.repository / "hello.txt").read_text() == "hello\n"
    assert reply.events == (
        ToolEvent(kind=ToolKind.RUN, detail="python3 -c 1/0", exit_code=1),
        ToolEvent(kind=ToolKind.EDIT, detail="hello.txt"),
    )
    assert reply.usage == Usage(input=1800, cached_input=1200, output=150)
    assert claude.left_running() == []


@needs("claude-agent-acp", "claude-code")
def test_a_role_that_only_reads_cannot_write(claude: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_MODEL", "misdeeds")

    reply = claude.ask(Role.EXPLORER)

    assert (reply.end, reply.text) == (End.DONE, "I tried.")
    assert [path.name for path in claude.repository.iterdir()] == [".git"]
    assert [event.kind for event in reply.events] == [ToolKind.OTHER, ToolKind.OTHER]


@needs("claude-agent-acp", "claude-code")
def test_a_key_that_is_not_valid_is_refused(claude: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_MODEL", "err401")

    reply = claude.ask()

    assert reply.end is End.REFUSED
    assert reply.detail.startswith("Authentication required: log in")


@needs("claude-agent-acp", "claude-code")
def test_a_command_that_hangs_ends_with_the_call(claude: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_MODEL", "sleeper")

    reply = claude.ask(idle=6)

    assert reply.end is End.TIMEOUT
    assert reply.events[0].detail.startswith("execute python3")
    assert claude.left_running() == []


@needs("opencode")
def test_opencode_is_an_agent_of_the_protocol_too(
    server: ModelServer, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models: dict[str, dict[str, str]] = {"happy": {}, "textonly": {}}
    provider = {"npm": "@ai-sdk/openai-compatible", "options": {"baseURL": server.base_url}, "models": models}
    config = {"provider": {"local": provider}, "enabled_providers": ["local"], "model": "local/textonly"}
    monkeypatch.setenv("OPENCODE_CONFIG_CONTENT", json.dumps(config))
    monkeypatch.setenv("OPENCODE_DISABLE_MODELS_FETCH", "1")
    monkeypatch.setenv("OPENCODE_DISABLE_AUTOUPDATE", "1")
    monkeypatch.setenv("npm_config_offline", "true")
    bench = Bench(repository.parent, shlex.join([*(argv_of("opencode") or []), "acp"]), BackendOptions())

    reply = bench.ask(model="#local/happy")

    assert (reply.end, reply.text) == (End.DONE, "All done.")
    assert reply.events == (
        ToolEvent(kind=ToolKind.EDIT, detail="hello.txt"),
        ToolEvent(kind=ToolKind.RUN, detail="cat hello.txt", exit_code=0),
    )
    assert bench.left_running() == []
