"""The real OpenCode, driven against a model on the loopback (tests/install-agents brings the program)."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from director.agents.opencode.run import OpenCodeRun
from director.agents.protocol import Request, Surroundings
from director.core.calls import CallKey, End, Reply, ToolEvent, ToolKind, Usage
from director.core.config.settings import BackendOptions, Sampling
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.environment import without_secrets
from director.shell.processes import Limits
from tests.agents.model_server import (
    ModelServer,
    ToolCall,
    in_turn,
    prompt_of,
    read_file,
    run_command,
    system_of,
    write_file,
)
from tests.agents.programs import argv_of, needs, ripgrep_directory

PROGRAM = next(iter(argv_of("opencode") or ()), None)
pytestmark = [pytest.mark.opencode, needs("opencode")]

MISDEEDS = in_turn(
    [
        write_file("a.txt", "spoilt\n"),
        run_command("touch spoilt.txt"),
        ToolCall("edit", {"filePath": "a.txt", "oldString": "a", "newString": "spoilt"}),
        ToolCall("apply_patch", {"patchText": "*** Begin Patch\n*** Add File: spoilt.txt\n+x\n*** End Patch"}),
        ToolCall("task", {"description": "x", "prompt": "touch spoilt.txt", "subagent_type": "general"}),
        read_file("/etc/hostname"),
        read_file(".env"),
        read_file("a.txt"),
    ],
    "I tried.",
)
SCRIPTS = {
    "misdeeds": MISDEEDS,
    "environment": in_turn([run_command("env > environment.txt")], "Done."),
    "sleeper": in_turn([write_file("first.txt", "1\n")], [run_command("sleep 300 & sleep 300")], "Done."),
    "stubborn": in_turn([run_command("echo again")]),
    "thrice": in_turn([run_command("echo same")] * 3, "Done."),
}


@dataclass
class Bench:
    """A repository and a backend that works on it."""

    server: ModelServer
    root: Path
    options: BackendOptions = field(default_factory=BackendOptions)

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    def worktree(self) -> Path:
        """Make a linked worktree, as director gives one to every call."""
        for argv in (["add", "a.txt"], ["commit", "--quiet", "-m", "x"], ["worktree", "add", "--quiet", "../worktree"]):
            processes.capture(["git", *argv], cwd=self.repository, env=dict(os.environ))
        return self.root / "worktree"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def backend(self) -> OpenCodeRun:
        return OpenCodeRun(Surroundings(self.options, self.repository, self.root / "state", load_roles))

    def request(self, model: str, role: Role = Role.EXECUTOR) -> Request:
        return Request(
            key=CallKey(role=role, task="run:parser"),
            tier=parse_tier(model if "/" in model else f"local/{model}"),
            role=load_roles()[role],
            prompt="Please do it.",
            directory=self.repository,
            log_directory=self.logs,
            limits=Limits(wall=120, idle=60),
            mark=f"job/{self.root.name}",
        )

    def ask(self, model: str, role: Role = Role.EXECUTOR) -> Reply:
        return self.backend.ask(self.request(model, role))

    def left_running(self) -> list[object]:
        return list(processes.marked_processes(f"job/{self.root.name}"))

    def logged(self) -> str:
        return "".join(path.read_text() for path in self.logs.iterdir())


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer(SCRIPTS) as server:
        yield server


@pytest.fixture
def bench(server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    server.asked.clear()
    monkeypatch.setenv("PATH", os.pathsep.join(filter(None, (os.environ["PATH"], ripgrep_directory()))))
    bench = Bench(server, tmp_path)
    bench.options = BackendOptions(command=PROGRAM, provider={"local": {"base_url": server.base_url}})
    bench.repository.mkdir()
    (bench.repository / "a.txt").write_text("a\n")
    (bench.repository / ".env").write_text("SECRET=1\n")
    processes.capture(["git", "init", "--quiet"], cwd=bench.repository, env=without_secrets())
    return bench


def content_of(directory: Path) -> dict[str, str]:
    """Digest every file but git's own."""
    files = [path for path in directory.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_role_that_may_write_does_so_without_a_person(bench: Bench) -> None:
    reply = bench.ask("happy")

    assert (reply.end, reply.text, reply.detail) == (End.DONE, "All done.", "")
    assert (bench.repository / "hello.txt").read_text() == "hello\n"
    assert reply.events == (
        ToolEvent(kind=ToolKind.EDIT, detail="hello.txt"),
        ToolEvent(kind=ToolKind.RUN, detail="cat hello.txt", exit_code=0),
    )
    assert reply.usage == Usage(input=3 * 600, cached_input=3 * 400, output=3 * 50, reasoning=3 * 20)
    assert len(bench.server.asked) == 3, "no further call, such as for a title"


def test_the_model_sees_the_role_and_the_prompt_and_only_its_tools(bench: Bench) -> None:
    bench.ask("textonly")

    (asked,) = bench.server.asked
    assert system_of(asked.messages).startswith(load_roles()[Role.EXECUTOR].instructions[:200])
    assert prompt_of(asked.messages) == "Please do it."
    assert set(asked.tools) == {"bash", "edit", "glob", "grep", "read", "write"}


def test_a_role_that_only_reads_can_neither_edit_nor_run(bench: Bench) -> None:
    before = content_of(bench.repository)

    reply = bench.ask("misdeeds", Role.EXPLORER)

    assert content_of(bench.repository) == before
    assert set(bench.server.asked[0].tools) == {"glob", "grep", "read"}
    assert [event.kind for event in reply.events if event.kind is not ToolKind.OTHER] == [ToolKind.READ]
    assert [event.detail for event in reply.events if event.kind is ToolKind.READ] == ["a.txt"]
    assert (reply.end, reply.text) == (End.DONE, "I tried.")


def test_an_agent_that_is_not_found_gets_no_rights(bench: Bench) -> None:
    forgetful = bench.root / "forgetful"
    forgetful.write_text(f'#!/bin/sh\nrm -r "$XDG_CONFIG_HOME/opencode/agent"\nexec {PROGRAM} "$@"\n')
    forgetful.chmod(0o755)
    bench.options = bench.options.model_copy(update={"command": str(forgetful)})

    reply = bench.ask("happy")

    assert (reply.end, reply.detail) == (End.ERROR, "OpenCode did not find its agent 'director-executor'")
    assert not bench.server.asked
    assert not (bench.repository / "hello.txt").exists()


def be_hostile(directory: Path, home: Path) -> None:
    """Write OpenCode settings that give every right, start programs and put their mark on the prompt."""
    (directory / "agent").mkdir(parents=True)
    (directory / "plugin").mkdir()
    (home / "leak.md").write_text("LEAKED from an instruction file\n")
    (home / "plugin.js").write_text(plugin(home / "configured-plugin-was-started"))
    settings = {
        "permission": "allow",
        "instructions": [str(home / "leak.md")],
        "plugin": [f"file://{home / 'plugin.js'}"],
        "mcp": {"leak": {"type": "local", "command": ["touch", str(home / "mcp-was-started")]}},
        "provider": {"local": {"options": {"baseURL": "http://127.0.0.1:1/v1"}}},
    }
    (directory / "opencode.json").write_text(json.dumps(settings))
    agent = '---\ndescription: x\nmode: primary\npermission: {"*": allow}\n---\nLEAKED from an agent\n'
    (directory / "agent" / "director-explorer.md").write_text(agent)
    (directory / "plugin" / "leak.js").write_text(plugin(home / "plugin-was-started"))


def plugin(sign: Path) -> str:
    return f"require('fs').writeFileSync({str(sign)!r}, '')\nexport const P = async () => ({{}})\n"


def settings_of(home: Path) -> dict[str, str]:
    return {path: digest for path, digest in content_of(home).items() if not path.startswith(".cache")}


def test_the_users_own_settings_neither_leak_in_nor_change(
    bench: Bench, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worktree = bench.worktree()
    for directory in (sealed / ".config/opencode", sealed / ".opencode", worktree / ".opencode"):
        be_hostile(directory, sealed)
    shutil.copy(sealed / ".opencode/opencode.json", worktree)
    (worktree / "AGENTS.md").write_text("LEAKED from AGENTS.md\n")
    (sealed / ".claude").mkdir()
    (sealed / ".claude" / "CLAUDE.md").write_text("LEAKED from CLAUDE.md\n")
    monkeypatch.setenv("OPENCODE_PERMISSION", '{"*": "allow"}')
    monkeypatch.setenv("OPENCODE_CONFIG", str(sealed / ".opencode/opencode.json"))
    before = content_of(worktree), settings_of(sealed)

    reply = bench.backend.ask(replace(bench.request("misdeeds", Role.EXPLORER), directory=worktree))

    assert reply.end is End.DONE
    assert (content_of(worktree), settings_of(sealed)) == before
    assert "LEAKED" not in json.dumps([asked.body for asked in bench.server.asked])
    assert set(bench.server.asked[0].tools) == {"glob", "grep", "read"}


def test_the_users_login_works_and_stays_where_it_is(bench: Bench, sealed: Path) -> None:
    login = sealed / ".local/share/opencode/auth.json"
    login.parent.mkdir(parents=True)
    login.write_text('{"local": {"type": "api", "key": "key-from-login"}}')

    bench.ask("textonly")

    assert bench.server.asked[0].authorization == "Bearer key-from-login"
    assert [path.name for path in login.parent.iterdir()] == ["auth.json"]
    assert login.read_text() == '{"local": {"type": "api", "key": "key-from-login"}}'
    assert sorted(path.name for path in (bench.root / "state").iterdir()) == ["calls", "state"]
    assert list((bench.root / "state" / "calls").iterdir()) == [], "nothing of the call stays"


def test_a_key_reaches_the_provider_but_no_command_of_the_agent(
    bench: Bench, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARE_KEY", "key-from-variable")
    monkeypatch.setenv("OTHER_TOKEN", "not-for-the-program")
    provider = {"base_url": bench.server.base_url, "api_key_env": "SPARE_KEY"}
    bench.options = bench.options.model_copy(update={"provider": {"local": provider}})

    bench.ask("environment")

    seen = (bench.repository / "environment.txt").read_text()
    assert bench.server.asked[0].authorization == "Bearer key-from-variable"
    assert "key-from-variable" not in seen + bench.logged()
    assert "not-for-the-program" not in seen
    assert f"XDG_CONFIG_HOME={sealed / '.config'}\n" in seen
    assert "OPENCODE_" not in seen


def test_a_temperature_reaches_the_model(bench: Bench) -> None:
    bench.backend.ask(replace(bench.request("textonly"), sampling=Sampling(temperature=0.125, top_p=0.5)))

    (asked,) = bench.server.asked
    assert (asked.body["temperature"], asked.body["top_p"]) == (0.125, 0.5)


def test_no_temperature_is_sent_unless_one_is_set(bench: Bench) -> None:
    bench.ask("textonly")

    assert "temperature" not in bench.server.asked[0].body


def test_a_prompt_of_300_kilobytes_arrives_whole(bench: Bench) -> None:
    prompt = "".join(f'{number}: "ä" $HOME `x` @a.txt /init\n' for number in range(10_000))

    reply = bench.backend.ask(replace(bench.request("textonly"), prompt=prompt))

    assert len(prompt.encode()) > 300_000
    assert prompt_of(bench.server.asked[0].messages) == prompt
    assert reply.end is End.DONE


@pytest.mark.parametrize(
    ("model", "end", "detail"),
    [
        ("err401", End.REFUSED, "the key is not valid (HTTP 401)"),
        ("err429", End.RATE_LIMITED, "rate limit reached (HTTP 429)"),
        ("err500", End.ERROR, "internal server error (HTTP 500)"),
        ("absent", End.ERROR, "the model `absent` does not exist (HTTP 404)"),
        ("malformed", End.ERROR, "JSON parsing failed"),
        ("nobody/absent", End.ERROR, "ProviderModelNotFoundError: Model not found: nobody/absent"),
    ],
)
def test_what_a_provider_says_is_told(bench: Bench, model: str, end: End, detail: str) -> None:
    reply = bench.ask(model)

    assert reply.end is end
    assert reply.detail.startswith(detail)
    assert reply.text == ""


def test_a_model_that_hangs_is_ended_after_the_idle_time(bench: Bench) -> None:
    reply = bench.backend.ask(replace(bench.request("hang"), limits=Limits(wall=120, idle=8)))

    assert (reply.end, reply.detail) == (End.TIMEOUT, "no output for 8 seconds")
    assert bench.left_running() == []


def test_a_call_that_takes_too_long_is_ended_and_its_usage_kept(bench: Bench) -> None:
    reply = bench.backend.ask(replace(bench.request("sleeper"), limits=Limits(wall=20)))

    assert (reply.end, reply.detail) == (End.TIMEOUT, "not done after 20 seconds")
    assert reply.usage == Usage(input=600, cached_input=400, output=50, reasoning=20)
    assert reply.events == (ToolEvent(kind=ToolKind.EDIT, detail="first.txt"),)
    assert bench.left_running() == []


@pytest.mark.parametrize("model", ["cutoff", "stubborn"])
def test_a_model_that_goes_in_circles_is_ended(bench: Bench, model: str) -> None:
    reply = bench.ask(model)

    assert reply.end is End.ERROR
    assert reply.detail.startswith("it went in circles")
    assert len(bench.server.asked) < 100
    assert bench.left_running() == []


def test_equal_tool_uses_side_by_side_do_no_harm(bench: Bench) -> None:
    reply = bench.ask("thrice")

    assert (reply.end, len(reply.events)) == (End.DONE, 3)


def test_calls_side_by_side_do_not_disturb_each_other(bench: Bench) -> None:
    requests = [replace(bench.request("happy"), log_directory=bench.root / f"logs-{number}") for number in range(3)]

    with ThreadPoolExecutor() as pool:
        replies = list(pool.map(bench.backend.ask, requests))

    assert [reply.end for reply in replies] == [End.DONE] * 3
    assert {reply.usage.input for reply in replies} == {1800}
