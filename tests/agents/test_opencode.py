"""The real OpenCode in both of its modes: what holds for one holds for the other."""

import hashlib
import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from director.agents.protocol import Examines, OffersModels
from director.core.calls import End, ToolEvent, ToolKind, Usage
from director.core.config.settings import Sampling
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell.processes import Limits
from tests.agents.model_server import prompt_of, system_of
from tests.agents.opencode import MARKS, PROGRAM, Bench

pytestmark = MARKS
SOON = {"run": 20, "serve": 8}
"""Seconds within which a call is well under way."""


def content_of(directory: Path) -> dict[str, str]:
    """Digest every file but git's own."""
    files = [path for path in directory.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.both_modes
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


@pytest.mark.both_modes
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
    forgetful.write_text(f'#!/bin/sh\nXDG_CONFIG_HOME="{bench.root}/nothing" exec {PROGRAM} "$@"\n')
    forgetful.chmod(0o755)
    bench.use(command=str(forgetful))

    reply = bench.ask("happy")

    said = {"run": "OpenCode did not find its agent 'director-executor", "serve": 'Agent not found: "director-executor'}
    assert reply.end is End.ERROR
    assert reply.detail.startswith(said[bench.mode])
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


@pytest.mark.both_modes
def test_the_users_own_settings_neither_leak_in_nor_change(
    bench: Bench, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (worktree,) = bench.worktrees("worktree")
    for directory in (sealed / ".config/opencode", sealed / ".opencode", worktree / ".opencode"):
        be_hostile(directory, sealed)
    shutil.copy(sealed / ".opencode/opencode.json", worktree)
    (worktree / "AGENTS.md").write_text("LEAKED from AGENTS.md\n")
    (sealed / ".claude").mkdir()
    (sealed / ".claude" / "CLAUDE.md").write_text("LEAKED from CLAUDE.md\n")
    monkeypatch.setenv("OPENCODE_PERMISSION", '{"*": "allow"}')
    monkeypatch.setenv("OPENCODE_CONFIG", str(sealed / ".opencode/opencode.json"))
    before = content_of(worktree), settings_of(sealed)
    bench.use()

    request = replace(bench.request("misdeeds", Role.EXPLORER), directory=worktree)
    replies = [bench.backend.ask(request)]
    time.sleep(1)  # the settings are back, and a server that watches them would see it
    replies.append(bench.backend.ask(request))

    assert [reply.end for reply in replies] == [End.DONE] * 2
    assert (content_of(worktree), settings_of(sealed)) == before
    assert "LEAKED" not in json.dumps([asked.body for asked in bench.server.asked])
    assert {tool for asked in bench.server.asked for tool in asked.tools} == {"glob", "grep", "read"}


def test_the_users_login_works_and_stays_where_it_is(bench: Bench, sealed: Path) -> None:
    login = sealed / ".local/share/opencode/auth.json"
    login.parent.mkdir(parents=True)
    login.write_text('{"local": {"type": "api", "key": "key-from-login"}}')
    bench.use()

    bench.ask("textonly")

    bench.close()
    assert bench.server.asked[0].authorization == "Bearer key-from-login"
    assert [path.name for path in login.parent.iterdir()] == ["auth.json"]
    assert login.read_text() == '{"local": {"type": "api", "key": "key-from-login"}}'
    assert {path.name for path in (bench.root / "state").iterdir()} <= {"calls", "state", "server.log"}
    assert list((bench.root / "state" / "calls").iterdir()) == [], "nothing of the call stays"


def test_a_key_reaches_the_provider_but_no_command_of_the_agent(
    bench: Bench, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARE_KEY", "key-from-variable")
    monkeypatch.setenv("OTHER_TOKEN", "not-for-the-program")
    provider = {"base_url": bench.server.base_url, "api_key_env": "SPARE_KEY"}
    bench.use(provider={"local": provider})

    bench.backend.ask(replace(bench.request("environment"), environment={"DIRECTOR_TRACE": "a 'b' $c"}))

    seen = (bench.repository / "environment.txt").read_text()
    assert bench.server.asked[0].authorization == "Bearer key-from-variable"
    assert "key-from-variable" not in seen + bench.logged()
    assert "not-for-the-program" not in seen
    assert f"XDG_CONFIG_HOME={sealed / '.config'}\n" in seen
    assert "OPENCODE_" not in seen
    assert f"DIRECTOR_MARK=call/{bench.root.name}/" in seen
    assert "DIRECTOR_TRACE=a 'b' $c\n" in seen


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
        ("err429", End.RATE_LIMITED, "rate limit reached"),
        ("err500", End.ERROR, "internal server error (HTTP 500)"),
        ("absent", End.ERROR, "the model `absent` does not exist (HTTP 404)"),
        ("overflow", End.ERROR, "maximum context length"),
        ("malformed", End.ERROR, "JSON parsing failed"),
        ("nobody/absent", End.ERROR, "Model not found: nobody/absent"),
    ],
)
def test_what_a_provider_says_is_told(bench: Bench, model: str, end: End, detail: str) -> None:
    reply = bench.ask(model)

    assert reply.end is end
    assert detail in reply.detail
    assert reply.text == ""
    assert reply.usage == Usage()


def test_a_model_that_hangs_is_ended_after_the_idle_time(bench: Bench) -> None:
    reply = bench.backend.ask(replace(bench.request("hang"), limits=Limits(wall=120, idle=8)))

    assert (reply.end, reply.detail) == (End.TIMEOUT, "no output for 8 seconds")
    assert bench.left_running() == []


def test_a_call_that_takes_too_long_is_ended_and_its_usage_kept(bench: Bench) -> None:
    reply = bench.backend.ask(replace(bench.request("sleeper"), limits=Limits(wall=SOON[bench.mode])))

    assert (reply.end, reply.detail) == (End.TIMEOUT, f"not done after {SOON[bench.mode]} seconds")
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
    requests = bench.requests(["happy"] * 3)

    with ThreadPoolExecutor() as pool:
        replies = list(pool.map(bench.backend.ask, requests))

    assert [reply.end for reply in replies] == [End.DONE] * 3
    assert {reply.usage.input for reply in replies} == {1800}
    assert [(request.directory / "hello.txt").read_text() for request in requests] == ["hello\n"] * 3


def test_a_call_is_recalled_as_it_was_answered(bench: Bench) -> None:
    reply = bench.ask("happy")

    recalled = bench.backend.recall(bench.logs, bench.repository)

    assert recalled == reply.model_copy(update={"seconds": 0.0})


def test_a_call_that_was_ended_is_not_recalled_as_done(bench: Bench) -> None:
    bench.ask("stubborn")

    recalled = bench.backend.recall(bench.logs, bench.repository)

    assert recalled
    assert recalled.end is End.INTERRUPTED
    assert recalled.usage.input >= 6000, "ten steps, and what was said until it had ended"


def test_the_program_can_be_examined_and_lists_its_models(bench: Bench) -> None:
    assert isinstance(bench.backend, Examines)
    assert isinstance(bench.backend, OffersModels)

    standing = bench.backend.examine(parse_tier("local/happy"))
    bench.use(provider={"local": {"base_url": bench.server.base_url, "models": ["happy", "deep/nested"]}})
    assert isinstance(bench.backend, OffersModels)
    listed = bench.backend.models()

    assert (standing.program, standing.version.count(".")) == (PROGRAM, 2)
    assert {"local/happy", "local/deep/nested"} <= set(listed)
