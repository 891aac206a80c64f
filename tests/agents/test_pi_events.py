"""What is read from pi's events; the streams in events/pi were recorded from the real program."""

import json
import tracemalloc
from pathlib import Path, PurePosixPath

import pytest

from director.agents.pi.events import Events
from director.core.calls import End, ToolEvent, ToolKind, Usage

RECORDED = Path(__file__).parent / "events" / "pi"
SETTLED = '{"type":"agent_settled","aborted":false}'


def read(*lines: str | bytes) -> Events:
    events = Events(PurePosixPath("/repo"))
    for line in lines:
        events.read(line if isinstance(line, bytes) else line.encode())
    return events


def recorded(name: str) -> Events:
    return read(*(RECORDED / f"{name}.jsonl").read_bytes().splitlines())


def answer(text: str = "Done.", *, stop: str = "stop", error: str = "", cost: float = 0, **usage: int) -> str:
    message = {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": text}],
        "usage": {**usage, "cost": {"total": cost}},
        "stopReason": stop,
        "errorMessage": error,
    }
    return json.dumps({"type": "message_end", "message": message})


def test_usage_is_the_sum_of_all_messages_with_cached_input_apart() -> None:
    assert recorded("happy").usage == Usage(input=3 * 600, cached_input=3 * 400, output=3 * 50, reasoning=3 * 20)


def test_what_was_written_to_a_cache_is_counted_apart() -> None:
    events = read(answer(input=7, output=5, cacheRead=11, cacheWrite=13))

    assert events.usage == Usage(input=7, cached_input=11, cache_write=13, output=5)


def test_a_compaction_has_a_price_too() -> None:
    spent = {"type": "compaction_end", "result": {"usage": {"input": 3, "output": 2, "cost": {"total": 0.5}}}}

    events = read(answer(input=7, cost=0.25), json.dumps(spent))

    assert (events.usage, events.cost_usd) == (Usage(input=10, output=2), 0.75)


def test_a_cost_of_nothing_is_an_unknown_cost() -> None:
    assert recorded("happy").cost_usd is None


def test_the_answer_is_the_last_message_and_is_done_when_pi_has_settled() -> None:
    events = recorded("happy")

    assert (events.text, events.is_done, events.failure) == ("All done.", True, None)


def test_an_answer_is_not_done_before_pi_has_settled() -> None:
    assert not read(answer()).is_done
    assert read(answer(), SETTLED).is_done


def test_what_settles_after_a_use_of_tools_is_not_done() -> None:
    assert not read(answer(stop="toolUse"), SETTLED).is_done


def test_an_answer_that_was_cut_off_at_its_longest_is_an_error() -> None:
    events = read(answer(stop="length"), SETTLED)

    assert events.failure and events.failure.end is End.ERROR
    assert "longest output" in events.failure.detail
    assert not events.is_done


def test_tools_that_ran_side_by_side_are_listed_in_the_order_in_which_they_began() -> None:
    assert recorded("parallel").events == [
        ToolEvent(kind=ToolKind.RUN, detail="sleep 1; exit 3", exit_code=3),
        ToolEvent(kind=ToolKind.EDIT, detail="src/new.py"),
        ToolEvent(kind=ToolKind.READ, detail="a.txt"),
    ]


def test_a_tool_that_was_not_offered_is_neither_an_edit_nor_a_run() -> None:
    events = recorded("denied").events

    assert [event.kind for event in events] == [ToolKind.OTHER, ToolKind.OTHER, ToolKind.READ, ToolKind.READ]
    assert events[0].detail == "write evil.txt: Tool write not found"


def test_a_tool_that_has_only_begun_is_not_listed() -> None:
    begun = {"type": "tool_execution_start", "toolCallId": "1", "toolName": "bash", "args": {"command": "make"}}

    assert read(json.dumps(begun)).events == []


@pytest.mark.parametrize(
    ("name", "end", "detail"),
    [
        ("err401", End.REFUSED, "the key is not valid (HTTP 401)"),
        ("err429", End.RATE_LIMITED, "rate limit reached (HTTP 429)"),
        ("err500", End.ERROR, "internal server error (HTTP 500)"),
        ("err529", End.RATE_LIMITED, "overloaded (HTTP 529)"),
        ("overflow", End.ERROR, "This model's maximum context length is 128000 tokens."),
        ("unknown_model", End.ERROR, "the model `absent` does not exist (HTTP 404)"),
        ("cutoff", End.ERROR, "Stream ended without finish_reason"),
        ("malformed", End.ERROR, "Error reading response: malformed server-sent event JSON."),
    ],
)
def test_errors_are_told_apart(name: str, end: End, detail: str) -> None:
    events = recorded(name)

    assert events.failure and events.failure.end is end
    assert events.failure.detail.startswith(detail)
    assert (events.is_done, events.text) == (False, "")


def test_a_provider_that_says_how_long_to_wait_is_heard() -> None:
    events = read(answer(stop="error", error='429: {"message":"Too many. Please try again in 20s."}'))

    assert events.failure and events.failure.retry_after == 20


def test_a_success_takes_an_error_back() -> None:
    events = read(answer(stop="error", error="500: no"), answer(), SETTLED)

    assert (events.failure, events.is_done) == (None, True)


def test_it_is_known_while_pi_asks_its_provider_again() -> None:
    again = '{"type":"auto_retry_start","attempt":1,"errorMessage":"429: {\\"message\\":\\"slow down\\"}"}'

    events = read(again)

    assert events.retry and (events.retry.end, events.retry.detail) == (End.RATE_LIMITED, "slow down (HTTP 429)")
    assert read(again, '{"type":"auto_retry_end","success":true}').retry is None


@pytest.mark.parametrize(
    "line",
    ["", "not json", "[]", "null", "{}", '{"type": 1}', '{"type": "message_end", "message": 3}', "[" * 100_000, "\x00"],
)
def test_a_line_that_is_no_event_is_skipped(line: str) -> None:
    assert not read(line).is_begun


def test_single_words_are_not_kept() -> None:
    word = '{"type":"message_update","assistantMessageEvent":{"type":"text_delta","delta":"%s"}}' % ("word " * 200)
    events = Events(PurePosixPath("/repo"))
    tracemalloc.start()

    for _ in range(100_000):
        events.read(word.encode())
    events.read(answer("long").encode())

    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert events.text == "long"


def test_ten_turns_that_are_all_the_same_are_going_in_circles() -> None:
    use = '{"type":"tool_execution_end","toolCallId":"%d","toolName":"bash","result":{"content":[]}}'
    turns = [line for number in range(10) for line in (use % number, '{"type":"turn_end"}')]

    assert not read(*turns[:-1]).is_in_circles
    assert read(*turns).is_in_circles
