"""How a call's end is judged; the program is a script that says what OpenCode would say."""

import shlex
from pathlib import Path

import pytest

from director.agents.opencode.run import OpenCodeRun
from director.agents.protocol import Request, Surroundings
from director.core.calls import CallKey, End, Reply
from director.core.config.settings import BackendOptions
from director.core.errors import ConfigError
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.processes import Limits

TEXT = '{"type": "text", "part": {"id": "p", "messageID": "m", "text": "Done."}}'
LIMITED = 'level=ERROR message="stream error" error.error="AI_APICallError: rate limit reached"'
STEP = '{"type": "step_finish", "part": {"id": "%d", "reason": "unknown"}}'


def ask(tmp_path: Path, command: str, limits: Limits | None = None) -> Reply:
    repository = tmp_path / "repository"
    repository.mkdir(exist_ok=True)
    surroundings = Surroundings(BackendOptions(command=command), repository, tmp_path / "state", load_roles)
    request = Request(
        key=CallKey(role=Role.EXECUTOR, task="run:parser"),
        tier=parse_tier("lan/coder"),
        role=load_roles()[Role.EXECUTOR],
        prompt="Please.",
        directory=repository,
        log_directory=tmp_path / "logs",
        limits=limits or Limits(wall=30),
        mark=f"job/{tmp_path.name}",
    )
    return OpenCodeRun(surroundings).ask(request)


def play(tmp_path: Path, script: str, limits: Limits | None = None) -> Reply:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return ask(tmp_path, str(program), limits)


def say(*lines: str) -> str:
    return "\n".join(f"printf '%s\\n' {shlex.quote(line)}" for line in lines)


def test_an_answer_and_status_0_is_done(tmp_path: Path) -> None:
    reply = play(tmp_path, say(TEXT))

    assert (reply.end, reply.text) == (End.DONE, "Done.")


def test_the_prompt_comes_by_standard_input(tmp_path: Path) -> None:
    play(tmp_path, "cat")

    assert (tmp_path / "logs" / "transcript.jsonl").read_text() == "Please."


def test_status_0_without_an_answer_is_an_error(tmp_path: Path) -> None:
    reply = play(tmp_path, "echo permission requested: bash >&2")

    assert (reply.end, reply.detail) == (End.ERROR, "no answer: permission requested: bash")


def test_an_end_without_words_or_work_is_an_error(tmp_path: Path) -> None:
    reply = play(tmp_path, say('{"type": "step_finish", "part": {"id": "1", "reason": "stop"}}'))

    assert (reply.end, reply.detail) == (End.ERROR, "no answer: it gave no reason")


def test_silence_is_an_error(tmp_path: Path) -> None:
    assert play(tmp_path, "exit 0").detail == "no answer: it gave no reason"


def test_another_status_is_an_error_whatever_was_said(tmp_path: Path) -> None:
    reply = play(tmp_path, f"{say(TEXT)}\necho Unknown argument: dir >&2\nexit 1")

    assert (reply.end, reply.detail, reply.text) == (End.ERROR, "exit status 1: Unknown argument: dir", "Done.")


def test_a_program_that_is_killed_is_an_error(tmp_path: Path) -> None:
    assert play(tmp_path, "kill -9 $$").detail == "exit status -9: it gave no reason"


def test_the_words_of_the_log_go_before_a_pointer_to_it(tmp_path: Path) -> None:
    vague = '{"type": "error", "error": {"data": {"message": "Unexpected server error. Check server logs"}}}'
    logged = r'level=ERROR message=failed error="Error: model \"x\" is gone" cause="much more"'

    reply = play(tmp_path, f"{say(vague)}\n{say(logged)} >&2\nexit 1")

    assert reply.detail == 'Error: model "x" is gone'


def test_silence_after_a_rate_limit_is_a_rate_limit(tmp_path: Path) -> None:
    reply = play(tmp_path, f"{say(LIMITED)} >&2\nexec sleep 60", Limits(wall=30, idle=2))

    assert reply.end is End.RATE_LIMITED
    assert reply.detail == "no output for 2 seconds; last error: AI_APICallError: rate limit reached"


def test_a_call_that_takes_too_long_keeps_what_it_said(tmp_path: Path) -> None:
    reply = play(tmp_path, f"{say(TEXT)}\nsleep 60 &\nexec sleep 60", Limits(wall=2))

    assert (reply.end, reply.detail, reply.text) == (End.TIMEOUT, "not done after 2 seconds", "Done.")
    assert processes.marked_processes(f"job/{tmp_path.name}") == []


def test_too_much_output_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MAX_OUTPUT_BYTES", 1000)

    reply = play(tmp_path, f"{say('x' * 2000)}\nexec sleep 60")

    assert (reply.end, reply.detail) == (End.ERROR, "it wrote more output than is allowed")


def test_steps_that_lead_nowhere_end_the_call(tmp_path: Path) -> None:
    reply = play(tmp_path, f"{say(*(STEP % number for number in range(10)))}\nexec sleep 60")

    assert reply.end is End.ERROR
    assert reply.detail.startswith("it went in circles")
    assert reply.seconds < 10


def test_a_few_steps_that_lead_nowhere_are_borne(tmp_path: Path) -> None:
    reply = play(tmp_path, f"{say(*(STEP % number for number in range(9)))}\n{say(TEXT)}\nsleep 1.5")

    assert reply.end is End.DONE


def test_a_transcript_of_an_earlier_attempt_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "transcript.jsonl").write_text("".join(f"{STEP % number}\n" for number in range(20)))

    assert play(tmp_path, f"sleep 1.5\n{say(TEXT)}").end is End.DONE


def test_nothing_private_stays_behind(tmp_path: Path) -> None:
    play(tmp_path, f"echo secret > $XDG_DATA_HOME/x\n{say(TEXT)}")

    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["calls", "state"]
    assert list((tmp_path / "state" / "calls").iterdir()) == []


def test_a_program_is_looked_for_from_the_repository(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    program = tmp_path / "repository" / "program"
    program.write_text(f"#!/bin/sh\n{say(TEXT)}\n")
    program.chmod(0o755)

    assert ask(tmp_path, "./program").end is End.DONE


def test_a_missing_program_is_named_with_a_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        ask(tmp_path, "opencode-of-nobody")

    assert caught.value.message == "the program 'opencode-of-nobody' of the backend 'opencode' is not there"
    assert caught.value.hint.startswith("install it with `npm install -g opencode-ai`")


def test_a_program_that_cannot_start_is_named(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(b"\x7fELF but not really")
    (tmp_path / "program").chmod(0o755)

    with pytest.raises(ConfigError, match="cannot be started: Exec format error"):
        ask(tmp_path, str(tmp_path / "program"))
