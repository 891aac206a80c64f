"""The backend `acp` against a scripted agent, a real process that is made with the protocol's own library."""

import json
import shlex
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from director.agents.acp.backend import Acp
from director.agents.protocol import Request, Standing, Surroundings
from director.core.calls import CallKey, End, Reply, ToolEvent, ToolKind, Usage
from director.core.config.settings import BackendOptions
from director.core.errors import AgentError, ConfigError, Interrupted
from director.core.roles import Role
from director.core.tiers import Tier, parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.processes import Limits
from tests.shell.programs import still_alive

AGENT = Path(__file__).with_name("acp_agent.py")
USED = Usage(input=600, cached_input=400, output=50, reasoning=20)
"""What the agent says to have used: thoughts are not part of its output, but of its total."""


@dataclass
class Bench:
    """A directory to work in, and the backend."""

    root: Path
    options: BackendOptions = field(default_factory=BackendOptions)
    tiers: tuple[Tier, ...] = ()

    @property
    def directory(self) -> Path:
        return self.root / "worktree"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def backend(self) -> Acp:
        state = self.root / "state"
        return Acp(Surroundings(self.options, self.root, state, load_roles, self.tiers, mark=self.mark))

    @property
    def mark(self) -> str:
        return f"job/{self.root.name}"

    def request(self, scenario: str, role: Role = Role.EXECUTOR, **more: Any) -> Request:
        return Request(
            key=CallKey(role=role, task="run:parser"),
            tier=tier(scenario),
            role=load_roles()[role],
            prompt="Please do it.",
            directory=self.directory,
            log_directory=self.logs,
            limits=Limits(wall=60, idle=30),
            mark=self.mark,
            **more,
        )

    def ask(self, scenario: str, role: Role = Role.EXECUTOR, **more: Any) -> Reply:
        return self.backend.ask(self.request(scenario, role, **more))

    def ask_shortly(self, scenario: str, *, wall: float = 30, idle: float | None = None) -> Reply:
        return self.backend.ask(replace(self.request(scenario), limits=Limits(wall=wall, idle=idle)))

    def told(self, name: str) -> list[Any]:
        """Return what the agent was told."""
        lines = (self.directory / "agent.jsonl").read_text().splitlines()
        return [said[name] for said in map(json.loads, lines) if name in said]

    def pids(self) -> list[int]:
        return [int(word) for word in (self.directory / "pids").read_text().split()]


def command(scenario: str) -> str:
    return shlex.join([sys.executable, str(AGENT), scenario])


def tier(scenario: str) -> Tier:
    """Return the tier of a scenario, or of a scenario and a model."""
    name, separator, model = scenario.partition("#")
    return parse_tier(f"acp:{command(name)}{separator}{model}")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "worktree").mkdir()
    (tmp_path / "worktree" / "a.txt").write_text("a\n")
    return Bench(tmp_path)


def test_a_role_that_may_write_does_so_without_a_person(bench: Bench) -> None:
    reply = bench.ask("happy")

    assert (reply.end, reply.text, reply.detail) == (End.DONE, "All done.", "")
    assert (bench.directory / "hello.txt").read_text() == "hello\n"
    assert reply.events == (
        ToolEvent(kind=ToolKind.EDIT, detail="hello.txt"),
        ToolEvent(kind=ToolKind.RUN, detail="cat hello.txt", exit_code=0),
        ToolEvent(kind=ToolKind.READ, detail="hello.txt"),
    )
    assert (reply.usage, reply.cost_usd) == (USED, None)
    assert not processes.marked_processes(bench.mark)


def test_the_agent_is_told_the_role_and_the_prompt_and_offered_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOD_API_KEY", "good")
    monkeypatch.setenv("OTHER_API_KEY", "other")
    bench.options = BackendOptions(env=("GOOD_API_KEY",))

    reply = bench.ask("answer#big", environment={"TRACED": "yes"})

    assert (reply.end, reply.text) == (End.DONE, "Only words.")
    assert bench.told("prompt") == [[load_roles()[Role.EXECUTOR].instructions, "Please do it."]]
    assert (bench.told("brain"), bench.told("mode")) == (["big"], ["default"])
    [capabilities] = bench.told("capabilities")
    assert capabilities["fs"] == {"read_text_file": False, "write_text_file": False}
    assert capabilities["terminal"] is False
    [environment] = bench.told("environment")
    assert (environment["GOOD_API_KEY"], environment["TRACED"]) == ("good", "yes")
    assert "OTHER_API_KEY" not in environment


def test_a_role_that_only_reads_is_granted_nothing_else(bench: Bench) -> None:
    reply = bench.ask("everything", Role.EXPLORER)

    assert reply.text.splitlines() == [
        "read: allow_once",
        "search: allow_once",
        "edit: reject_once",
        "delete: reject_once",
        "move: reject_once",
        "execute: reject_once",
        "think: reject_once",
        "fetch: reject_once",
        "switch_mode: reject_once",
        "other: reject_once",
        "None: reject_once",
    ]
    assert [event.kind for event in reply.events] == [ToolKind.READ] * 2 + [ToolKind.OTHER] * 9
    assert bench.told("mode") == ["read-only"]


def test_a_role_that_may_edit_and_run_is_granted_that(bench: Bench) -> None:
    reply = bench.ask("everything")

    granted = [line.partition(":")[0] for line in reply.text.splitlines() if line.endswith("allow_once")]
    assert granted == ["read", "search", "edit", "delete", "move", "execute"]


def test_nothing_outside_of_the_directory_is_granted(bench: Bench) -> None:
    (bench.directory / "link").symlink_to(bench.root)

    reply = bench.ask("outside")

    assert reply.text == "reject_once reject_once reject_once reject_once allow_once"


def test_what_an_agent_wants_from_us_is_not_there(bench: Bench) -> None:
    reply = bench.ask("nosy")

    assert reply.text == "-32601 -32601 -32601 -32601 -32601"


@pytest.mark.parametrize(
    ("scenario", "hint"),
    [("answer#bigger", "it offers such as big; 'director models' lists all"), ("plain#big", "name it in the command")],
)
def test_a_model_that_is_not_offered_is_an_error_and_nothing_is_asked(bench: Bench, scenario: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        bench.ask(scenario)

    name, _, model = scenario.partition("#")
    assert caught.value.message == f"'{command(name)}' offers no model '{model}'"
    assert hint in caught.value.hint
    assert bench.told("prompt") == []


@pytest.mark.parametrize(
    ("scenario", "end", "detail"),
    [
        ("speechless", End.ERROR, "no answer: it gave no reason"),
        ("unauthorised", End.REFUSED, "the key is not valid (HTTP 401)"),
        ("dies", End.ERROR, "it ended before it had answered, with exit status 3: out of luck"),
    ],
)
def test_errors_are_told_apart(bench: Bench, scenario: str, end: End, detail: str) -> None:
    reply = bench.ask(scenario)

    assert (reply.end, reply.detail) == (end, detail)


def test_an_agent_that_nobody_has_logged_in_to_refuses_with_the_next_step(bench: Bench) -> None:
    reply = bench.ask("login")

    assert reply.end is End.REFUSED
    assert reply.detail.startswith("Authentication required: log in with the program itself")


def test_an_agent_that_gives_up_after_a_refusal_is_told_to_have_been_refused(bench: Bench) -> None:
    reply = bench.ask("gives-up", Role.EXPLORER)

    assert (reply.end, reply.detail) == (End.ERROR, "the agent gave up; it was refused: edit write")
    assert reply.usage == USED


def test_tests_that_fail_are_a_command_with_its_exit_status(bench: Bench) -> None:
    reply = bench.ask("red")

    assert reply.events == (
        ToolEvent(kind=ToolKind.RUN, detail="python3 -m unittest", exit_code=1),
        ToolEvent(kind=ToolKind.OTHER, detail="edit half did not come to its end"),
    )


def test_an_agent_that_hangs_is_cancelled_and_then_ended(bench: Bench) -> None:
    reply = bench.ask_shortly("hang", idle=6)

    assert (reply.end, reply.detail) == (End.TIMEOUT, "no output for 6 seconds")
    assert bench.told("cancelled") == [True]
    assert reply.usage == USED
    assert not processes.marked_processes(bench.mark)


def test_of_an_agent_that_hears_nothing_nothing_is_left(bench: Bench) -> None:
    reply = bench.ask_shortly("deaf", wall=6)

    assert reply.end is End.TIMEOUT
    assert still_alive(bench.pids(), within=0) == []


def test_what_an_agent_leaves_running_is_ended(bench: Bench) -> None:
    reply = bench.ask("leaves-a-daemon")

    assert reply.end is End.DONE
    assert still_alive(bench.pids(), within=0) == []


def test_director_can_be_stopped_while_an_agent_is_at_work(bench: Bench) -> None:
    def stop() -> None:
        while not (bench.directory / "pids").exists():
            time.sleep(0.02)
        processes.request_stop()

    threading.Thread(target=stop, daemon=True).start()
    try:
        with pytest.raises(Interrupted):
            bench.ask("deaf")
    finally:
        processes.clear_stop()

    assert still_alive(bench.pids(), within=0) == []


def test_garbage_and_endless_lines_do_no_harm(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    reply = bench.ask("garbage")

    assert (reply.end, reply.text) == (End.DONE, "Sorry.")
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_an_agent_that_goes_in_circles_is_ended(bench: Bench) -> None:
    reply = bench.ask("circles")

    assert reply.end is End.ERROR
    assert "in circles" in reply.detail
    assert bench.told("cancelled") == [True]


def test_an_agent_is_ended_at_the_ceiling(bench: Bench) -> None:
    reply = bench.ask("dear", spent=lambda usage, cost: (cost or 0) < 0.4)

    assert (reply.end, reply.cost_usd) == (End.OVER_BUDGET, 0.5)
    assert bench.told("cancelled") == [True]


@pytest.mark.parametrize("program", ["true", "cat", "echo hello"])
def test_a_program_that_is_no_agent_is_an_error(bench: Bench, program: str) -> None:
    request = replace(bench.request("answer"), tier=parse_tier(f"acp:{program}"), limits=Limits(wall=1))

    reply = bench.backend.ask(request)

    assert reply.end in (End.ERROR, End.TIMEOUT)
    assert reply.text == ""


def test_an_agent_of_another_version_of_the_protocol_is_told(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="does not speak version 1 of the Agent Client Protocol"):
        bench.ask("future")


def test_the_reply_of_a_killed_run_is_recalled_from_the_transcript(bench: Bench) -> None:
    reply = bench.ask("happy")

    recalled = bench.backend.recall(bench.logs, bench.directory)

    assert recalled == reply.model_copy(update={"seconds": 0.0})


def test_what_a_killed_agent_had_come_to_is_interrupted(bench: Bench) -> None:
    bench.ask("dies")

    recalled = bench.backend.recall(bench.logs, bench.directory)

    assert recalled is not None
    assert (recalled.end, recalled.text) == (End.INTERRUPTED, "I feel unw")
    assert bench.backend.recall(bench.root, bench.directory) is None


def test_it_says_which_program_and_which_version_it_is(bench: Bench) -> None:
    standing = bench.backend.examine(tier("answer"))

    assert standing == Standing(program=sys.executable, version="Scripted 1.2.3")
    assert not processes.marked_processes(bench.mark)


def test_an_agent_that_wants_a_login_is_told_before_it_is_asked(bench: Bench) -> None:
    with pytest.raises(ConfigError) as caught:
        bench.backend.examine(tier("login"))

    assert caught.value.message == f"'{command('login')}' opens no session: nobody has logged in"
    assert caught.value.hint.startswith("log in with the program itself")


def test_a_model_that_is_not_offered_is_told_before_it_is_asked(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="offers no model 'huge'"):
        bench.backend.examine(tier("answer#huge"))


def test_a_program_that_is_no_agent_is_told_before_it_is_asked(bench: Bench) -> None:
    with pytest.raises(AgentError, match="'true' opens no session"):
        bench.backend.examine(parse_tier("acp:true"))


def test_the_models_are_listed_as_tiers_name_them(bench: Bench) -> None:
    bench.tiers = (tier("answer#big"), tier("answer"))

    models = bench.backend.models()

    assert models == [f"{command('answer')}#small", f"{command('answer')}#big"]


def test_models_are_listed_only_of_agents_that_are_named(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="no tier names an agent"):
        bench.backend.models()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("acp:no-such-agent", "the program 'no-such-agent' of the backend 'acp' is not there"),
        ("acp:#big", "the tier 'acp:#big' names no command"),
        ("acp:agent#", "the tier 'acp:agent#' names no model"),
        ("acp:agent 'half", "the command of the tier 'acp:agent 'half' cannot be read: No closing quotation"),
    ],
)
def test_a_tier_that_cannot_be_played_is_told_at_once(bench: Bench, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        bench.backend.check(parse_tier(text))

    assert caught.value.message == message


@pytest.mark.parametrize("name", ["command", "mode"])
def test_a_setting_that_has_no_meaning_is_told(bench: Bench, name: str) -> None:
    bench.options = BackendOptions.model_validate({name: "x"})

    with pytest.raises(ConfigError, match=f"'backends.acp.{name}' has no meaning"):
        bench.backend.check(tier("answer"))
