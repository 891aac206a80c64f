"""What is read from OpenCode's events; the streams in events/opencode/ were recorded from OpenCode 1.18.33."""

import json
from pathlib import Path, PurePosixPath

import pytest

from director.agents.driving.endings import Ending
from director.agents.opencode.events import Events
from director.core.calls import End, ToolEvent, ToolKind, Usage

REPOSITORY = PurePosixPath("/repo")
RECORDED = Path(__file__).parent / "events" / "opencode"


def read(*lines: str | bytes) -> Events:
    events = Events(REPOSITORY)
    for line in lines:
        events.read(line if isinstance(line, bytes) else line.encode())
    return events


def recorded(name: str) -> Events:
    return read(*(RECORDED / f"{name}.jsonl").read_bytes().splitlines())


def step(**tokens: object) -> str:
    return json.dumps({"type": "step_finish", "part": {"tokens": tokens, "cost": 0.25}})


def use(tool: str, **given: str) -> ToolEvent:
    state = {"status": "completed", "input": given}
    (event,) = read(json.dumps({"type": "tool_use", "part": {"tool": tool, "state": state}})).events
    return event


def failure_of(events: Events) -> Ending:
    assert events.failure
    return events.failure


def test_usage_is_the_sum_of_all_steps_with_cached_input_apart() -> None:
    assert recorded("happy").usage == Usage(input=3 * 600, cached_input=3 * 400, output=3 * 50, reasoning=3 * 20)


def test_input_written_to_a_cache_is_counted_apart() -> None:
    events = read(step(input=7, output=5, reasoning=2, cache={"read": 11, "write": 13}))

    assert events.usage == Usage(input=7, cached_input=11, cache_write=13, output=7, reasoning=2)


def test_cost_is_the_sum_of_all_steps() -> None:
    assert read(step(), step()).cost_usd == 0.5


def test_a_cost_of_nothing_is_an_unknown_cost() -> None:
    assert recorded("happy").cost_usd is None


def test_the_text_is_that_of_the_last_message() -> None:
    assert recorded("happy").text == "All done."


def test_no_message_means_no_text() -> None:
    assert recorded("err401").text == ""


def test_tools_are_listed_with_what_they_did() -> None:
    assert recorded("happy").events == [
        ToolEvent(kind=ToolKind.EDIT, detail="hello.txt"),
        ToolEvent(kind=ToolKind.RUN, detail="cat hello.txt", exit_code=0),
    ]


def test_tools_that_ran_side_by_side_are_listed_in_the_order_in_which_they_began() -> None:
    events = recorded("parallel").events

    assert [(event.kind, event.detail, event.exit_code) for event in events] == [
        (ToolKind.RUN, "sleep 1; exit 3", 3),
        (ToolKind.EDIT, "src/new.py", None),
        (ToolKind.READ, "a.txt", None),
    ]


def test_a_tool_that_was_denied_is_neither_an_edit_nor_a_run() -> None:
    events = recorded("denied").events

    assert [event.kind for event in events] == [ToolKind.OTHER, ToolKind.OTHER, ToolKind.READ, ToolKind.OTHER]
    assert events[0].detail.startswith("write evil.txt: Model tried to call unavailable tool")
    assert events[3].detail.startswith("read /etc/hostname: The user has specified a rule")


def test_a_path_below_the_directory_is_shown_from_there() -> None:
    event = use("edit", filePath="/repo/src/a.py")

    assert event.detail == "src/a.py"


def test_a_patch_names_every_file_that_it_changes() -> None:
    patch = "*** Begin Patch\n*** Add File: new.py\n+x\n*** Update File: old.py\n@@\n*** End Patch"

    event = use("apply_patch", patchText=patch)

    assert (event.kind, event.detail) == (ToolKind.EDIT, "new.py, old.py")


def test_a_search_is_a_read_of_what_was_searched_for() -> None:
    event = use("glob", pattern="*.txt")

    assert (event.kind, event.detail) == (ToolKind.READ, "*.txt")


def test_an_unknown_tool_is_named() -> None:
    event = use("todowrite")

    assert (event.kind, event.detail) == (ToolKind.OTHER, "todowrite")


@pytest.mark.parametrize(
    ("name", "end", "detail"),
    [
        ("err401", End.REFUSED, "the key is not valid (HTTP 401)"),
        ("err429", End.RATE_LIMITED, "rate limit reached (HTTP 429)"),
        ("err500", End.ERROR, "internal server error (HTTP 500)"),
        ("malformed", End.ERROR, "JSON parsing failed: Text: {this is not json."),
        ("unknown_model", End.ERROR, "the model `absent` does not exist (HTTP 404)"),
        ("unlisted_model", End.ERROR, "Unexpected server error. Check server logs for details."),
    ],
)
def test_errors_are_told_apart(name: str, end: End, detail: str) -> None:
    failure = failure_of(recorded(name))

    assert failure.end is end
    assert failure.detail.startswith(detail)


@pytest.mark.parametrize(
    ("error", "end"),
    [
        ({"name": "ProviderAuthError", "data": {"message": "no key"}}, End.REFUSED),
        ({"name": "APIError", "data": {"message": "Forbidden", "statusCode": 403}}, End.REFUSED),
        ({"name": "APIError", "data": {"message": "Overloaded", "statusCode": 529}}, End.RATE_LIMITED),
        ({"name": "APIError", "data": {"message": "no", "responseBody": "quota exceeded"}}, End.RATE_LIMITED),
        ({"name": "ContextOverflowError", "data": {"message": "too long"}}, End.ERROR),
        ({"name": "UnknownError"}, End.ERROR),
        ({}, End.ERROR),
    ],
)
def test_an_error_is_told_by_its_status_its_name_or_its_words(error: dict[str, object], end: End) -> None:
    failure = failure_of(read(json.dumps({"type": "error", "error": error})))

    assert failure.end is end


@pytest.mark.parametrize(
    "line",
    ["", "not json", "[]", "null", '"text"', "{}", '{"type": 1}', '{"type": "text", "part": 3}', "[" * 100_000, "\x00"],
)
def test_a_line_that_is_no_event_is_skipped(line: str) -> None:
    assert not read(line).is_begun


def test_bytes_that_are_no_text_are_skipped() -> None:
    assert not read(b"\xff\xfe{}").is_begun


def test_a_transcript_that_was_cut_off_still_gives_the_usage_seen_so_far() -> None:
    whole = (RECORDED / "happy.jsonl").read_bytes()

    events = read(*whole[: len(whole) - 100].splitlines())

    assert events.usage == Usage(input=1200, cached_input=800, output=100, reasoning=40)
    assert events.text == "All done."


def test_a_part_that_is_told_twice_counts_once() -> None:
    lines = (RECORDED / "happy.jsonl").read_bytes().splitlines()

    twice, once = read(*lines, *lines), recorded("happy")
    assert (twice.usage, twice.text, twice.events) == (once.usage, once.text, once.events)
