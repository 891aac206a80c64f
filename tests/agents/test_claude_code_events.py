"""What is read from Claude Code's events; the streams in events/claude-code were recorded from the real program."""

import json
import time
from pathlib import Path, PurePosixPath

import pytest

from director.agents.claude_code.events import Events
from director.agents.driving.endings import Ending
from director.core.calls import End, ToolEvent, ToolKind, Usage

REPOSITORY = PurePosixPath("/repo")
RECORDED = Path(__file__).parent / "events" / "claude-code"


def read(*lines: str | bytes) -> Events:
    events = Events(REPOSITORY)
    for line in lines:
        events.read(line if isinstance(line, bytes) else line.encode())
    return events


def recorded(name: str) -> Events:
    return read(*(RECORDED / f"{name}.jsonl").read_bytes().splitlines())


def streamed(kind: str, **part: object) -> str:
    return json.dumps({"type": "stream_event", "event": {"type": kind, **part}})


def said(message: str, *blocks: dict[str, object], **usage: int) -> str:
    return json.dumps({"type": "assistant", "message": {"id": message, "content": blocks, "usage": usage}})


def used(use: str, name: str, **given: object) -> str:
    return said(f"message of {use}", {"type": "tool_use", "id": use, "name": name, "input": given})


def answered(use: str, content: object, *, is_error: bool = False) -> str:
    block = {"type": "tool_result", "tool_use_id": use, "content": content, "is_error": is_error}
    return json.dumps({"type": "user", "message": {"role": "user", "content": [block]}})


def result(**fields: object) -> str:
    return json.dumps({"type": "result", "subtype": "success", "is_error": False, **fields})


def failure_of(events: Events) -> Ending:
    assert events.failure
    return events.failure


def test_usage_is_the_total_of_all_models_with_cached_input_apart() -> None:
    assert recorded("happy").usage == Usage(input=3 * 600, cached_input=3 * 400, output=3 * 50)


def test_reasoning_and_what_is_written_to_a_cache_are_told_apart() -> None:
    model = {
        "inputTokens": 7,
        "outputTokens": 5,
        "thinkingTokens": 2,
        "cacheReadInputTokens": 11,
        "cacheCreationInputTokens": 13,
    }

    events = read(result(modelUsage={"a": model, "b": {"inputTokens": 1}}))

    assert events.usage == Usage(input=8, cached_input=11, cache_write=13, output=5, reasoning=2)


def test_a_message_counts_once_and_whole_however_often_it_is_told() -> None:
    start = {"id": "m", "usage": {"input_tokens": 600, "cache_read_input_tokens": 400, "output_tokens": 1}}

    events = read(
        streamed("message_start", message=start),
        said("m", {"type": "text", "text": "Hm."}, input_tokens=600, output_tokens=1),
        streamed("message_delta", usage={"output_tokens": 50}),
        streamed("message_start", message={**start, "id": "n"}),
    )

    assert events.usage == Usage(input=1200, cached_input=800, output=51)


def test_a_cost_is_told_where_the_price_is_known() -> None:
    known = {"inputTokens": 1, "costBasis": "list"}

    assert read(result(total_cost_usd=0.25, modelUsage={"m": known})).cost_usd == 0.25
    assert read(result(total_cost_usd=0.25, modelUsage={"m": known, "n": {"costBasis": "unknown"}})).cost_usd is None
    assert recorded("happy").cost_usd is None


def test_the_text_is_the_answer() -> None:
    assert recorded("happy").text == "All done."


def test_the_text_of_an_unfinished_call_is_that_of_its_last_message() -> None:
    lines = [said("m", {"type": "text", "text": part}) for part in ("One.", "Two.")]

    assert read(said("l", {"type": "text", "text": "Zero."}), *lines).text == "One.\nTwo."


def test_an_answer_in_a_form_is_the_object() -> None:
    assert json.loads(recorded("structured").text) == {"verdict": "approve", "problems": []}


def test_tools_that_ran_side_by_side_are_listed_in_the_order_in_which_they_began() -> None:
    assert recorded("parallel").events == [
        ToolEvent(kind=ToolKind.RUN, detail="sleep 1; exit 3", exit_code=3),
        ToolEvent(kind=ToolKind.EDIT, detail="src/new.py"),
        ToolEvent(kind=ToolKind.READ, detail="a.txt"),
    ]


def test_a_tool_that_was_denied_is_neither_an_edit_nor_a_run() -> None:
    events = recorded("denied").events

    assert [event.kind for event in events] == [ToolKind.OTHER, ToolKind.OTHER, ToolKind.READ, ToolKind.OTHER]
    assert events[0].detail.startswith("Write evil.txt: ")
    assert events[3].detail.startswith("Read /etc/hostname: ")


@pytest.mark.parametrize(
    ("content", "is_error", "event"),
    [
        ("fine", False, ToolEvent(kind=ToolKind.RUN, detail="make", exit_code=0)),
        ("Exit code 0", False, ToolEvent(kind=ToolKind.RUN, detail="make", exit_code=0)),
        ("Exit code 7", False, ToolEvent(kind=ToolKind.RUN, detail="make", exit_code=0)),
        ("Exit code 2\nno", True, ToolEvent(kind=ToolKind.RUN, detail="make", exit_code=2)),
        ([{"type": "text", "text": "Exit code 2"}], True, ToolEvent(kind=ToolKind.RUN, detail="make", exit_code=2)),
        ("Permission denied", True, ToolEvent(kind=ToolKind.OTHER, detail="Bash make: Permission denied")),
    ],
)
def test_a_command_has_run_where_it_says_how_it_ended(content: object, is_error: bool, event: ToolEvent) -> None:
    assert read(used("u", "Bash", command="make"), answered("u", content, is_error=is_error)).events == [event]


def test_a_path_below_the_directory_is_shown_from_there() -> None:
    events = read(used("u", "Edit", file_path="/repo/src/a.py"), answered("u", "done"))

    assert events.events == [ToolEvent(kind=ToolKind.EDIT, detail="src/a.py")]


def test_a_tool_that_is_still_at_work_is_not_listed() -> None:
    assert read(used("u", "Bash", command="make")).events == []


@pytest.mark.parametrize(
    ("name", "end", "detail"),
    [
        ("err401", End.REFUSED, "Failed to authenticate. API Error: 401 the key is not valid"),
        ("err429", End.RATE_LIMITED, "API Error: Request rejected (429) · rate limit reached"),
        ("err500", End.ERROR, "API Error: 500 internal server error"),
        ("err529", End.RATE_LIMITED, "API Error: 529 overloaded"),
        ("overflow", End.ERROR, "Prompt is too long"),
        ("unknown_model", End.ERROR, "There's an issue with the selected model (absent)"),
        ("malformed", End.ERROR, "API Error: API returned an empty or malformed response"),
        ("cutoff", End.ERROR, "API Error: "),
    ],
)
def test_errors_are_told_apart(name: str, end: End, detail: str) -> None:
    events = recorded(name)

    assert (failure_of(events).end, events.is_done, events.text) == (end, False, "")
    assert failure_of(events).detail.startswith(detail)


@pytest.mark.parametrize(
    ("kind", "words", "end"),
    [
        ("authentication_failed", "Not logged in · Please run /login", End.REFUSED),
        ("billing_error", "Credit balance is too low", End.REFUSED),
        ("account_on_hold", "Your account is on hold", End.REFUSED),
        ("rate_limit", "You've hit your session limit · resets 3pm", End.RATE_LIMITED),
        ("overloaded", "It is busy", End.RATE_LIMITED),
        ("unknown", "It broke", End.ERROR),
    ],
)
def test_an_error_is_told_by_its_name(kind: str, words: str, end: End) -> None:
    message = {"id": "m", "content": [{"type": "text", "text": words}]}

    events = read(
        json.dumps({"type": "assistant", "error": kind, "message": message}), result(is_error=True, result=words)
    )

    assert (failure_of(events).end, failure_of(events).detail, events.text) == (end, words, "")


def test_an_error_may_call_itself_a_success() -> None:
    assert not recorded("err401").is_done


@pytest.mark.parametrize("subtype", ["error_max_turns", "error_during_execution"])
def test_a_result_that_is_no_success_is_an_error(subtype: str) -> None:
    assert failure_of(read(result(subtype=subtype, errors=["it broke"]))).detail == "it broke"
    assert failure_of(read(result(subtype=subtype, errors=[3], is_error=True))).detail == subtype


def test_a_limit_of_the_subscription_says_when_it_ends() -> None:
    info = {"status": "rejected", "resetsAt": time.time() + 600, "rateLimitType": "five_hour"}
    limit = json.dumps({"type": "rate_limit_event", "rate_limit_info": info})
    error = json.dumps({"type": "assistant", "error": "rate_limit", "message": {}})

    failure = failure_of(read(limit, error, result(is_error=True, result="You've hit your limit · resets 3pm")))

    assert failure.end is End.RATE_LIMITED
    assert failure.retry_after
    assert 590 < failure.retry_after < 601


def test_an_old_limit_message_says_when_it_ends() -> None:
    words = f"Claude AI usage limit reached|{int(time.time()) + 600}"

    failure = failure_of(read(result(is_error=True, result=words)))

    assert failure.end is End.RATE_LIMITED
    assert failure.retry_after
    assert 590 < failure.retry_after < 601


def test_a_limit_that_is_not_reached_is_none() -> None:
    limit = json.dumps({"type": "rate_limit_event", "rate_limit_info": {"status": "allowed", "resetsAt": 1}})

    assert failure_of(read(limit, result(is_error=True, result="It broke"))).end is End.ERROR


def test_it_says_that_it_asks_again_until_there_is_an_answer() -> None:
    again = {"type": "system", "subtype": "api_retry", "attempt": 1, "max_retries": 2, "retry_delay_ms": 30_000}
    line = json.dumps({**again, "error_status": 429, "error": "rate_limit"})

    assert read(line).retry == Ending(End.RATE_LIMITED, "rate_limit, attempt 1 of 2 (HTTP 429)", retry_after=30)
    assert read(line, streamed("message_start", message={"id": "m"})).retry is None


def test_equal_steps_are_circles() -> None:
    steps = [line for n in range(11) for line in (used(str(n), "Bash", command="x"), answered(str(n), "same"))]

    assert read(*steps).is_in_circles
    assert not read(*steps[:-4]).is_in_circles


@pytest.mark.parametrize(
    "line",
    ["", "not json", "[]", "null", '"text"', "{}", '{"type": 1}', "[" * 100_000, "\x00", b"\xff\xfe{}"],
)
def test_a_line_that_is_no_event_is_skipped(line: str | bytes) -> None:
    assert not read(line).is_begun


@pytest.mark.parametrize("kind", ["assistant", "user", "stream_event", "result", "rate_limit_event", "system"])
def test_an_event_of_another_form_does_no_harm(kind: str) -> None:
    odd = {"message": 3, "event": [], "subtype": "api_retry", "attempt": "x", "usage": None, "modelUsage": []}

    events = read(json.dumps({"type": kind, **odd}), json.dumps({"type": kind, "message": {"content": [1, {"id": 2}]}}))

    assert events.usage == Usage()
    assert events.events == []
