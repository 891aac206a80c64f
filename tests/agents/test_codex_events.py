"""What is read from Codex's events; the streams in events/codex were recorded from the real program."""

import json
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

import pytest

from director.agents.codex.events import Events, ending_of
from director.agents.driving.endings import Ending
from director.core.calls import End, ToolEvent, ToolKind, Usage

REPOSITORY = PurePosixPath("/repo")
RECORDED = Path(__file__).parent / "events" / "codex"


def read(*lines: str | bytes) -> Events:
    events = Events(REPOSITORY)
    for line in lines:
        events.read(line if isinstance(line, bytes) else line.encode())
    return events


def recorded(name: str) -> Events:
    return read(*(RECORDED / f"{name}.jsonl").read_bytes().splitlines())


def item(kind: str, *, number: int = 0, event: str = "item.completed", **fields: object) -> str:
    return json.dumps({"type": event, "item": {"id": f"item_{number}", "type": kind, **fields}})


def command(line: str, *, number: int = 0, exit_code: int | None = 0, status: str = "completed") -> str:
    return item("command_execution", number=number, command=line, exit_code=exit_code, status=status)


def failure_of(events: Events) -> Ending:
    assert events.failure
    return events.failure


def test_cached_input_is_not_counted_as_fresh() -> None:
    assert recorded("happy").usage == Usage(input=3 * 600, cached_input=3 * 400, output=3 * 50, reasoning=3 * 20)


def test_there_is_no_cost() -> None:
    assert recorded("happy").cost_usd is None


def test_the_text_is_that_of_the_last_message() -> None:
    assert recorded("happy").text == "All done."
    assert read(item("agent_message", text="One."), item("agent_message", text="Two.")).text == "Two."


def test_an_answer_in_a_form_is_the_object() -> None:
    assert json.loads(recorded("structured").text) == {"verdict": "approve", "problems": []}


def test_tools_are_listed_with_what_they_did() -> None:
    assert recorded("happy").events == [
        ToolEvent(kind=ToolKind.EDIT, detail="hello.txt"),
        ToolEvent(kind=ToolKind.RUN, detail="cat hello.txt", exit_code=0),
    ]


def test_tools_that_ran_side_by_side_are_listed_in_the_order_in_which_they_began() -> None:
    begun = [item("command_execution", number=number, event="item.started") for number in (1, 2)]

    events = read(*begun, command("b", number=2), command("a", number=1))

    assert [event.detail for event in events.events] == ["a", "b"]
    assert {event.exit_code for event in recorded("parallel").events} == {0, 3, None}


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("/bin/bash -lc 'make test'", "make test"),
        ("bash -c 'echo \"a b\" | wc'", 'echo "a b" | wc'),
        ("zsh -lc ls", "ls"),
        ("bash script.sh x", "bash script.sh x"),
        ("bash -lc 'it''s", "bash -lc 'it''s"),
        ("", ""),
    ],
)
def test_a_command_is_shown_without_its_shell(line: str, shown: str) -> None:
    (event,) = read(command(line)).events

    assert event.detail == shown


def test_a_command_that_failed_ran() -> None:
    assert read(command("x", exit_code=3, status="failed")).events == [
        ToolEvent(kind=ToolKind.RUN, detail="x", exit_code=3)
    ]


def test_what_was_declined_or_failed_did_nothing() -> None:
    change = item("file_change", changes=[{"path": "/repo/a.py"}], status="failed")

    assert read(command("rm x", exit_code=None, status="declined")).events == [
        ToolEvent(kind=ToolKind.OTHER, detail="rm x: declined")
    ]
    assert read(change).events == [ToolEvent(kind=ToolKind.OTHER, detail="edit a.py: failed")]


def test_a_change_names_every_file() -> None:
    paths = [{"path": "/repo/a.py", "kind": "add"}, {"path": "/elsewhere/b.py", "kind": "update"}]

    assert read(item("file_change", changes=paths, status="completed")).events == [
        ToolEvent(kind=ToolKind.EDIT, detail="a.py, /elsewhere/b.py")
    ]


@pytest.mark.parametrize(
    ("name", "end", "detail"),
    [
        ("err401", End.REFUSED, "unexpected status 401 Unauthorized: the key is not valid"),
        ("err429", End.RATE_LIMITED, "exceeded retry limit, last status: 429 Too Many Requests"),
        ("err500", End.ERROR, "We’re currently experiencing high demand"),
        ("err529", End.RATE_LIMITED, "unexpected status 529"),
        ("overflow", End.ERROR, "Codex ran out of room in the model's context window"),
        ("unknown_model", End.ERROR, "the model `absent` does not exist"),
        ("malformed", End.ERROR, "stream disconnected before completion"),
        ("cutoff", End.ERROR, "stream disconnected before completion"),
    ],
)
def test_errors_are_told_apart(name: str, end: End, detail: str) -> None:
    events = recorded(name)

    assert (failure_of(events).end, events.is_done, events.text) == (end, False, "")
    assert failure_of(events).detail.startswith(detail)


@pytest.mark.parametrize(
    ("words", "end", "retry_after"),
    [
        ("Quota exceeded. Check your plan and billing details.", End.REFUSED, None),
        ("Your access token could not be refreshed. Please log out and sign in again.", End.REFUSED, None),
        ("Missing environment variable: `KEY`.", End.REFUSED, None),
        ("Selected model is at capacity. Please try a different model.", End.RATE_LIMITED, None),
        ("You've hit your usage limit. Try again in 2 days 3 hours.", End.RATE_LIMITED, 2 * 86400 + 3 * 3600),
        ("Rate limit reached. Please try again in 11.5s.", End.RATE_LIMITED, 11.5),
        ("unexpected status 403 Forbidden: no", End.REFUSED, None),
        ("", End.ERROR, None),
    ],
)
def test_an_error_is_told_by_its_words(words: str, end: End, retry_after: float | None) -> None:
    ending = ending_of(words)

    assert (ending.end, ending.retry_after) == (end, retry_after)


def test_a_usage_limit_says_at_which_time_of_the_local_day_it_ends() -> None:
    later = datetime.now() + timedelta(days=2)
    date = f"{later:%b} {later.day}th, {later.year} {later.hour % 12 or 12}:{later:%M} {later:%p}"

    ending = ending_of(f"You've hit your usage limit. Visit the page to get more, or try again at {date}.")

    assert ending.end is End.RATE_LIMITED
    assert ending.retry_after
    assert abs(ending.retry_after - 2 * 86400) < 120


def test_a_time_of_today_is_understood() -> None:
    ending = ending_of("You've hit your usage limit. Try again at 11:59 PM.")

    assert ending.retry_after is not None
    assert 0 <= ending.retry_after <= 86400


def test_it_says_that_it_asks_again_until_there_is_an_answer() -> None:
    again = json.dumps({"type": "error", "message": "Reconnecting... 1/2 (last status: 429 Too Many Requests)"})

    events = read(again)
    assert events.retry
    assert (events.retry.end, events.failure) == (End.RATE_LIMITED, None)
    assert read(again, item("agent_message", text="x")).retry is None


def test_a_warning_is_no_error() -> None:
    events = recorded("happy")

    assert '"type":"error"' in (RECORDED / "happy.jsonl").read_text()
    assert (events.is_done, events.failure) == (True, None)


def test_equal_uses_of_a_tool_are_circles() -> None:
    uses = [command("x", number=number) for number in range(10)]

    assert read(*uses).is_in_circles
    assert not read(*uses[1:]).is_in_circles


@pytest.mark.parametrize(
    "line",
    ["", "not json", "[]", "null", '"text"', "{}", '{"type": 1}', "[" * 100_000, "\x00", b"\xff\xfe{}"],
)
def test_a_line_that_is_no_event_is_skipped(line: str | bytes) -> None:
    assert not read(line).is_begun
