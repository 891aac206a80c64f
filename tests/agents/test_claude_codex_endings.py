"""How calls of Claude Code and Codex end; the program is a script that says what they would say."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from director.agents.claude_code.run import ClaudeCode
from director.agents.codex.run import Codex
from director.agents.driving.headless import Headless
from director.agents.protocol import Request, Surroundings
from director.agents.registry import find_backend
from director.core.calls import CallKey, End, Reply
from director.core.config.settings import BackendOptions
from director.core.errors import ConfigError
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.processes import Limits

EVENTS = Path(__file__).parent / "events"


@dataclass(frozen=True)
class Kind:
    """One of the two."""

    backend_class: Callable[[Surroundings], Headless]
    name: str
    end: str
    """The event that says that all is well."""
    again: str
    """The event that says that the program waits for a provider that refuses it."""

    def backend(self, root: Path, command: str) -> Headless:
        repository = root / "repository"
        repository.mkdir(exist_ok=True)
        return self.backend_class(Surroundings(BackendOptions(command=command), repository, root / "state", load_roles))


CLAUDE = Kind(
    ClaudeCode,
    "claude-code",
    '{"type": "result", "subtype": "success", "is_error": false, "result": "Done."}',
    '{"type": "system", "subtype": "api_retry", "attempt": 1, "retry_delay_ms": 600000, "error_status": 429}',
)
CODEX = Kind(
    Codex,
    "codex",
    '{"type": "item.completed", "item": {"type": "agent_message", "text": "Done."}}\n{"type": "turn.completed"}',
    '{"type": "error", "message": "Reconnecting... 1/5 (last status: 429, retry after 600 s)"}',
)


@pytest.fixture(params=[CLAUDE, CODEX], ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


def play(kind: Kind, root: Path, script: str, limits: Limits | None = None) -> Reply:
    """Ask a program that is a script; it has a sandbox."""
    program = root / "program"
    program.write_text(f'#!/bin/sh\n[ "$1" != sandbox ] || exit 0\n{script}\n')
    program.chmod(0o755)
    backend = kind.backend(root, str(program))
    return backend.ask(
        Request(
            key=CallKey(role=Role.EXECUTOR, task="run:parser"),
            tier=parse_tier(f"{kind.name}:model"),
            role=load_roles()[Role.EXECUTOR],
            prompt="Please.",
            directory=root / "repository",
            log_directory=root / "logs",
            limits=limits or Limits(wall=30),
            mark=f"job/{root}",
        )
    )


def say(*lines: str) -> str:
    return "\n".join(f"printf '%s\\n' {shlex.quote(line)}" for line in lines)


def test_an_answer_and_status_0_is_done(kind: Kind, tmp_path: Path) -> None:
    reply = play(kind, tmp_path, say(kind.end))

    assert (reply.end, reply.text) == (End.DONE, "Done.")


def test_the_prompt_comes_by_standard_input(kind: Kind, tmp_path: Path) -> None:
    play(kind, tmp_path, "cat")

    assert (tmp_path / "logs" / "transcript.jsonl").read_text() == "Please."


def test_status_0_without_an_answer_is_an_error(kind: Kind, tmp_path: Path) -> None:
    reply = play(kind, tmp_path, "echo it was tired >&2")

    assert (reply.end, reply.detail) == (End.ERROR, "no answer: it was tired")


def test_another_status_is_an_error_whatever_was_said(kind: Kind, tmp_path: Path) -> None:
    reply = play(kind, tmp_path, f"{say(kind.end)}\necho unknown option >&2\nexit 2")

    assert (reply.end, reply.detail, reply.text) == (End.ERROR, "exit status 2: unknown option", "Done.")


def test_silence_while_a_provider_refuses_is_a_rate_limit(kind: Kind, tmp_path: Path) -> None:
    reply = play(kind, tmp_path, f"{say(kind.again)}\nexec sleep 60", Limits(wall=30, idle=1))

    assert reply.end is End.RATE_LIMITED
    assert reply.detail.startswith("no output for 1 seconds; last error: ")
    assert reply.retry_after == 600


def test_a_call_that_takes_too_long_is_ended_with_all_that_it_started(kind: Kind, tmp_path: Path) -> None:
    reply = play(kind, tmp_path, "trap '' TERM\nsetsid sleep 60 &\nsleep 60", Limits(wall=1))

    assert (reply.end, reply.detail) == (End.TIMEOUT, "not done after 1 seconds")
    assert processes.marked_processes(f"job/{tmp_path}") == []


def test_nothing_private_stays_behind(kind: Kind, tmp_path: Path) -> None:
    play(kind, tmp_path, f"echo secret > ${{CODEX_HOME:-$CLAUDE_CODE_TMPDIR}}/x || exit 9\n{say(kind.end)}")

    assert [path.name for path in (tmp_path / "state").iterdir()] == ["calls"]
    assert list((tmp_path / "state" / "calls").iterdir()) == []


def keep(kind: Kind, root: Path, name: str, *, without: int = 0) -> None:
    """Leave the transcript of a call that was under way when director was killed."""
    (root / "logs").mkdir()
    lines = (EVENTS / kind.name / f"{name}.jsonl").read_text().splitlines(keepends=True)
    (root / "logs" / "transcript.jsonl").write_text("".join(lines[: len(lines) - without]))


def test_a_call_that_had_come_to_its_end_is_recalled(kind: Kind, tmp_path: Path) -> None:
    keep(kind, tmp_path, "happy")

    reply = kind.backend(tmp_path, "none").recall(tmp_path / "logs", Path("/repo"))

    assert reply
    assert (reply.end, reply.text, reply.usage.output) == (End.DONE, "All done.", 150)
    assert [event.detail for event in reply.events] == ["hello.txt", "cat hello.txt"]


def test_a_call_that_was_under_way_is_recalled_as_interrupted(kind: Kind, tmp_path: Path) -> None:
    keep(kind, tmp_path, "happy", without=1)

    reply = kind.backend(tmp_path, "none").recall(tmp_path / "logs", Path("/repo"))

    assert reply
    assert reply.end is End.INTERRUPTED


def test_a_call_that_failed_is_not_recalled_as_done(kind: Kind, tmp_path: Path) -> None:
    keep(kind, tmp_path, "err429")

    reply = kind.backend(tmp_path, "none").recall(tmp_path / "logs", Path("/repo"))

    assert reply
    assert reply.end is End.INTERRUPTED


def test_a_call_of_which_nothing_is_known_is_not_recalled(kind: Kind, tmp_path: Path) -> None:
    assert kind.backend(tmp_path, "none").recall(tmp_path, Path("/repo")) is None


def test_a_missing_program_is_named_with_a_way_to_get_it(kind: Kind, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        kind.backend(tmp_path, "program-of-nobody").check(parse_tier(f"{kind.name}:model"))

    assert caught.value.message == f"the program 'program-of-nobody' of the backend '{kind.name}' is not there"
    assert "npm install -g @" in caught.value.hint


def test_an_unknown_mode_is_refused(kind: Kind, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"'backends.{kind.name}.mode' is 'fast'"):
        kind.backend_class(Surroundings(BackendOptions(mode="fast"), tmp_path, tmp_path, load_roles))


def test_every_limit_of_the_arguments_is_kept(kind: Kind, tmp_path: Path) -> None:
    """A role's instructions and a prompt may be longer than an argument can be."""
    play(kind, tmp_path, f"{say(json.dumps({'type': 'x'}))}\nprintf '%s\\n' \"$@\" >&2")

    arguments = (tmp_path / "logs" / "stderr.txt").read_text()
    assert load_roles()[Role.EXECUTOR].instructions[:40] not in arguments
    assert "Please." not in arguments


def test_it_is_registered(kind: Kind) -> None:
    assert find_backend(kind.name) is kind.backend_class
