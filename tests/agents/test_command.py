"""Programs of the user's own: small real ones, started and read by a template."""

import json
import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from director.agents.command.output import resolve
from director.agents.command.run import Command
from director.core.calls import End, Reply, Usage
from director.core.errors import ConfigError
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.processes import Limits
from tests.agents.scripted import Scripted

INSTRUCTIONS = load_roles()[Role.EXECUTOR].instructions.strip()
RESULT = {
    "result": "Done.",
    "is_error": False,
    "total_cost_usd": 0.25,
    "usage": {"input_tokens": 1000, "cached": 400, "output_tokens": 50},
}
POINTERS = {
    "text": "/result",
    "usage": {"input": "/usage/input_tokens", "cached_input": "/usage/cached", "output": "/usage/output_tokens"},
    "cost": "/total_cost_usd",
    "error": "/error",
}


@pytest.fixture
def command(tmp_path: Path) -> Scripted:
    return Scripted(Command, tmp_path)


def play(
    command: Scripted,
    script: str,
    *arguments: str,
    model: str = "gpt 5;$(x)",
    role: Role = Role.EXECUTOR,
    limits: Limits | None = None,
    **template: Any,
) -> Reply:
    """Make a call of a script that is configured by a template."""
    template = {"argv": [command.program(script), *arguments], **template}
    command.options = {"programs": {"mine": template}}
    return command.backend.ask(command.request(f"command:mine/{model}", role, limits=limits))


def say(*values: object) -> str:
    lines = (value if isinstance(value, str) else json.dumps(value) for value in values)
    return "\n".join(f"printf '%s\\n' {shlex.quote(line)}" for line in lines)


def test_the_answer_is_what_the_program_writes(command: Scripted) -> None:
    reply = play(command, "echo All; printf done.")

    assert (reply.end, reply.text, reply.usage, reply.cost_usd) == (End.DONE, "All\ndone.", Usage(), None)


def test_the_prompt_comes_by_standard_input_after_the_instructions(command: Scripted) -> None:
    assert play(command, "cat").text == f"{INSTRUCTIONS}\n\nPlease @a.txt."


def test_instructions_that_have_a_file_of_their_own_are_not_in_the_prompt(command: Scripted) -> None:
    reply = play(command, "cat $1; echo; cat $2; echo; cat", "{prompt_file}", "{system_file}", stdin="none")

    assert reply.text == f"Please @a.txt.\n{INSTRUCTIONS}"


def test_every_value_is_one_argument_or_a_part_of_one(command: Scripted) -> None:
    reply = play(command, "printf '<%s>' \"$@\"", "--model={model}", "{directory}", "{role}", "{}", '{"a": 1}')

    assert reply.text == f'<--model=gpt 5;$(x)><{command.repository}><executor><{{}}><{{"a": 1}}>'


def test_the_form_of_the_answer_is_a_file_too(command: Scripted) -> None:
    options = {"argv": [command.program("cat $1"), "{schema_file}"]}
    command.options = {"programs": {"mine": options}}
    request = command.request("command:mine/x", Role.REVIEWER)

    assert command.backend.ask(request).text == "{}"
    assert command.backend.ask(replace(request, output={"type": "object"})).text == '{"type": "object"}'


def test_the_answer_may_be_in_a_file(command: Scripted) -> None:
    reply = play(command, "echo much; echo Done. > $1", "{text_file}", text="file")

    assert (reply.end, reply.text) == (End.DONE, "Done.")


@pytest.mark.parametrize("script", ["ln -s /dev/zero $1", "mkfifo $1", "mkdir $1", "true"])
def test_a_file_that_is_none_is_no_answer(command: Scripted, script: str) -> None:
    reply = play(command, script, "{text_file}", text="file", role=Role.REVIEWER)

    assert (reply.end, reply.detail) == (End.ERROR, "no answer: it gave no reason")


def test_the_answer_and_what_it_cost_may_be_in_the_last_line_of_json(command: Scripted) -> None:
    reply = play(command, say("Hello!", {"step": 1, "result": "Hm."}, RESULT, "Bye."), **POINTERS)

    assert (reply.end, reply.text, reply.cost_usd) == (End.DONE, "Done.", 0.25)
    assert reply.usage == Usage(input=1000, cached_input=400, output=50)


def test_the_json_may_be_the_whole_output(command: Scripted) -> None:
    reply = play(command, f"printf '%s' {shlex.quote(json.dumps(RESULT, indent=2))}", **POINTERS)

    assert (reply.text, reply.cost_usd) == ("Done.", 0.25)


def test_input_that_includes_the_cached_is_made_fresh(command: Scripted) -> None:
    usage = {**POINTERS["usage"], "input_includes_cached": True}

    assert play(command, say(RESULT), **{**POINTERS, "usage": usage}).usage == Usage(
        input=600, cached_input=400, output=50
    )


@pytest.mark.parametrize(
    "spoiled", ["null", "[]", "3", '{"usage": 3}', '{"usage": {"input_tokens": "many"}, "result": []}', "[" * 9999]
)
def test_json_of_another_shape_is_no_answer(command: Scripted, spoiled: str) -> None:
    reply = play(command, say(spoiled), role=Role.REVIEWER, **POINTERS)

    assert (reply.end, reply.usage) == (End.ERROR, Usage())


def test_an_object_where_the_answer_is_is_the_answer(command: Scripted) -> None:
    reply = play(command, say({"result": {"verdict": "approve"}}), **POINTERS)

    assert json.loads(reply.text) == {"verdict": "approve"}


def test_a_role_that_writes_need_not_say_anything(command: Scripted) -> None:
    reply = play(command, "touch new.txt")

    assert (reply.end, reply.text) == (End.DONE, "")
    assert (command.repository / "new.txt").exists()


def test_a_role_that_only_reads_has_to_answer(command: Scripted) -> None:
    reply = play(command, "echo no idea >&2", role=Role.REVIEWER)

    assert (reply.end, reply.detail) == (End.ERROR, "no answer: no idea")


def test_another_status_is_an_error_with_the_last_words(command: Scripted) -> None:
    reply = play(command, "echo Working; echo broken pipe >&2; exit 3")

    assert (reply.end, reply.detail, reply.text) == (End.ERROR, "exit status 3: broken pipe", "Working")


@pytest.mark.parametrize(
    ("meaning", "end"),
    [("done", End.DONE), ("refused", End.REFUSED), ("rate_limited", End.RATE_LIMITED), ("error", End.ERROR)],
)
def test_statuses_mean_what_the_configuration_says(command: Scripted, meaning: str, end: End) -> None:
    assert play(command, "echo Hm; exit 75", exit_codes={"75": meaning}).end is end


def test_status_0_may_be_an_error(command: Scripted) -> None:
    assert play(command, "echo Hm", exit_codes={"0": "error"}).detail == "exit status 0: Hm"


def test_an_error_that_the_json_tells_is_one_whatever_the_status(command: Scripted) -> None:
    reply = play(command, say({**RESULT, "error": "the model is gone"}), **POINTERS)

    assert (reply.end, reply.detail, reply.usage.output) == (End.ERROR, "the model is gone", 50)


@pytest.mark.parametrize("nothing", [None, False, "", [], {}])
def test_no_error_in_the_json_is_none(command: Scripted, nothing: object) -> None:
    assert play(command, say({**RESULT, "error": nothing}), **POINTERS).end is End.DONE


@pytest.mark.parametrize("words", ["HTTP 429 Too Many Requests, retry after 20s", "we are busy; retry after 20s"])
def test_a_rate_limit_is_known_by_its_words(command: Scripted, words: str) -> None:
    reply = play(command, f"echo '{words}' >&2; echo bye >&2; exit 1", rate_limit_words=["we are busy"])

    assert (reply.end, reply.detail, reply.retry_after) == (End.RATE_LIMITED, "exit status 1: bye", 20)


def test_words_of_a_call_that_went_well_mean_nothing(command: Scripted) -> None:
    assert play(command, "echo The quota is explained. ; echo rate limit >&2").end is End.DONE


def test_secrets_are_seen_only_if_they_are_named(command: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MINE_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, f"value-of-{name}")

    seen = play(command, "env", env=["MINE_API_KEY"]).text

    assert "value-of-MINE_API_KEY" in seen and "value-of-OPENAI_API_KEY" not in seen
    assert f"HOME={os.environ['HOME']}" in seen


def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started(command: Scripted) -> None:
    reply = play(command, "echo Begun; setsid sleep 60 & exec sleep 60", limits=Limits(wall=1))

    assert (reply.end, reply.detail, reply.text) == (
        End.TIMEOUT,
        "not done after 1 seconds; last error: Begun",
        "Begun",
    )
    assert processes.marked_processes(f"job/{command.root.name}") == []


def test_nothing_private_stays_behind(command: Scripted) -> None:
    play(command, "cat $1", "{prompt_file}")

    assert list((command.root / "state" / "calls").iterdir()) == []


def test_a_killed_call_is_not_recalled(command: Scripted) -> None:
    play(command, "echo Done.")

    assert command.backend.recall(command.logs, command.repository) is None


def test_a_program_is_looked_for_from_the_repository(command: Scripted) -> None:
    (command.repository / "mine").write_text("#!/bin/sh\necho Done.\n")
    (command.repository / "mine").chmod(0o755)
    command.options = {"programs": {"mine": {"argv": ["./mine"]}}}

    assert command.backend.ask(command.request("command:mine")).text == "Done."


def test_a_program_that_may_not_write_plays_no_role_that_does(command: Scripted) -> None:
    with pytest.raises(ConfigError) as caught:
        play(command, "echo Done.", writes=False)

    assert caught.value.message == "the program 'mine' may not play the executor, which writes"
    assert play(command, "echo Done.", writes=False, role=Role.EXPLORER).end is End.DONE


@pytest.mark.parametrize(
    ("options", "tier", "message"),
    [
        (
            {},
            "command:mine/x",
            "the tier 'command:mine/x' names the program 'mine', which is not configured (there: no",
        ),
        ({"programs": {"mine": {"argv": ["sh", "{model}"]}}}, "command:mine", "the tier 'command:mine' names no model"),
        (
            {"programs": {"mine": {"argv": ["mine-of-nobody"]}}},
            "command:mine",
            "the program 'mine-of-nobody' of the backend 'command' is not there",
        ),
        ({"command": "sh"}, "command:mine", "'backends.command.command' means nothing"),
        ({"provider": {"x": {}}}, "command:mine", "'backends.command.provider' means nothing"),
    ],
)
def test_what_cannot_work_is_an_error_before_anything_is_begun(
    command: Scripted, options: dict[str, Any], tier: str, message: str
) -> None:
    command.options = options

    with pytest.raises(ConfigError) as caught:
        command.backend.check(parse_tier(tier))

    assert caught.value.message.startswith(message)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("pointer", "found"),
    [("/a/1/b~1c", 3), ("/a/2", None), ("/a/x", None), ("/~0", 4), ("/a/0/x", None), ("/", 5), ("/a/-1", None)],
)
def test_a_place_in_json_is_found_or_nothing_is(pointer: str, found: object) -> None:
    assert resolve({"a": [1, {"b/c": 3}], "~": 4, "": 5}, pointer) == found


def test_a_program_of_a_place_that_is_named_from_here_is_the_one_that_was_found(
    command: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"tools{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "mine").write_text("#!/bin/sh\necho found\n")
    (tmp_path / "tools" / "mine").chmod(0o755)
    command.options = {"programs": {"mine": {"argv": ["mine"]}}}

    assert command.backend.ask(command.request("command:mine/any")).text == "found"
