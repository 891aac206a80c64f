"""What is read from Gemini CLI's events; the streams in events/gemini were recorded from the real program."""

import json
from pathlib import Path, PurePosixPath

import pytest

from director.agents.gemini.events import Events
from director.core.calls import End, ToolEvent, ToolKind, Usage

RECORDED = Path(__file__).parent / "events" / "gemini"


def read(*lines: str | bytes) -> Events:
    events = Events(PurePosixPath("/repo"))
    for line in lines:
        events.read(line if isinstance(line, bytes) else line.encode())
    return events


def recorded(name: str) -> Events:
    return read(*(RECORDED / f"{name}.jsonl").read_bytes().splitlines())


def say(text: str) -> str:
    return json.dumps({"type": "message", "role": "assistant", "content": text, "delta": True})


def use(tool: str, output: object, **given: str) -> ToolEvent:
    begun = {"type": "tool_use", "tool_name": tool, "tool_id": "1", "parameters": given}
    ended = {"type": "tool_result", "tool_id": "1", "status": "success", "output": output}
    (event,) = read(json.dumps(begun), json.dumps(ended)).events
    return event


def test_usage_is_that_of_the_whole_call_with_cached_input_apart_and_thoughts_as_output() -> None:
    assert recorded("happy").usage == Usage(input=3 * 600, cached_input=3 * 400, output=3 * 50, reasoning=3 * 20)


def test_no_cost_is_told() -> None:
    assert recorded("happy").cost_usd is None


def test_the_answer_is_the_last_message() -> None:
    events = recorded("happy")

    assert (events.text, events.is_done, events.failure) == ("All done.", True, None)


def test_a_message_comes_in_pieces_and_ends_with_the_use_of_a_tool() -> None:
    tool = '{"type":"tool_use","tool_name":"glob","tool_id":"1"}'

    assert read(say("I will "), say("look."), tool, say("It is "), say("there.")).text == "It is there."
    assert read(say("I will "), say("look."), tool, say("\n")).text == "I will look.\n"


def test_without_its_result_a_call_is_not_done() -> None:
    assert not read(say("Done.")).is_done


def test_tools_are_listed_with_what_they_did() -> None:
    assert recorded("parallel").events == [
        ToolEvent(kind=ToolKind.RUN, detail="sleep 1; exit 3", exit_code=3),
        ToolEvent(kind=ToolKind.EDIT, detail="src/new.py"),
        ToolEvent(kind=ToolKind.READ, detail="a.txt"),
    ]


def test_a_command_that_wrote_something_does_not_tell_its_status() -> None:
    assert use("run_shell_command", "1 failed", command="pytest").exit_code is None
    assert use("run_shell_command", "", command="true").exit_code == 0


def test_a_tool_that_was_not_offered_is_neither_an_edit_nor_a_run() -> None:
    events = recorded("denied").events

    assert [event.kind for event in events] == [ToolKind.OTHER, ToolKind.OTHER, ToolKind.READ, ToolKind.OTHER]
    assert events[0].detail.startswith('write_file evil.txt: Tool "write_file" not found')


@pytest.mark.parametrize(
    ("name", "end", "detail"),
    [
        ("err401", End.REFUSED, "the key is not valid (HTTP 401)"),
        ("err429", End.RATE_LIMITED, "rate limit reached\nSuggested retry after 1s."),
        ("err500", End.ERROR, "internal server error (HTTP 500)"),
        ("err529", End.RATE_LIMITED, "overloaded (HTTP 529)"),
        ("overflow", End.ERROR, "The input token count (1248577) exceeds the maximum number of tokens allowed"),
        ("unknown_model", End.ERROR, "the model `absent` does not exist"),
        ("cutoff", End.ERROR, "Model stream ended without a finish reason."),
        ("malformed", End.ERROR, "Expected property name or '}' in JSON at position 1"),
    ],
)
def test_errors_are_told_apart(name: str, end: End, detail: str) -> None:
    events = recorded(name)

    assert events.failure and events.failure.end is end
    assert events.failure.detail.startswith(detail)
    assert not events.is_done


def test_a_rate_limit_says_how_long_to_wait() -> None:
    failure = recorded("err429").failure

    assert failure and failure.retry_after == 1


@pytest.mark.parametrize(
    ("severity", "message", "is_done"),
    [
        ("error", "Maximum session turns exceeded", False),
        ("warning", "Loop detected, stopping execution", False),
        ("warning", "Agent execution blocked: by a hook", True),
    ],
)
def test_a_success_after_an_error_is_none(severity: str, message: str, is_done: bool) -> None:
    error = {"type": "error", "severity": severity, "message": message}

    events = read(say("Half"), json.dumps(error), '{"type":"result","status":"success","stats":{}}')

    assert events.is_done is is_done
    assert (events.failure.detail if events.failure else "") == ("" if is_done else message)


@pytest.mark.parametrize(
    "line", ["", "not json", "[]", "null", "{}", '{"type": 1}', '{"type": "result", "stats": 3}', "[" * 100_000, "\x00"]
)
def test_a_line_that_is_no_event_is_skipped(line: str) -> None:
    assert not read(line).is_begun


def test_ten_steps_that_are_all_the_same_are_going_in_circles() -> None:
    step = [
        '{"type":"tool_use","tool_name":"glob","tool_id":"1"}',
        '{"type":"tool_result","tool_id":"1","status":"success"}',
    ]

    assert not read(*step * 10).is_in_circles
    assert read(*step * 11).is_in_circles
