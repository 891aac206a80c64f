"""What agents of the protocol tell, from recordings of real ones (acp_events) and from single messages."""

import json
from pathlib import Path, PurePath
from typing import Any

import pytest

from director.agents.acp.messages import Session
from director.agents.acp.updates import LOGIN, Updates
from director.agents.driving.endings import Ending
from director.core.calls import End, ToolEvent, ToolKind, Usage

RECORDED = Path(__file__).with_name("acp_events")
READ = ToolEvent(kind=ToolKind.READ, detail="hello.txt")
EDIT = ToolEvent(kind=ToolKind.EDIT, detail="hello.txt")


def run(exit_code: int | None = None) -> ToolEvent:
    return ToolEvent(kind=ToolKind.RUN, detail="python3 -c 1/0", exit_code=exit_code)


def recorded(name: str) -> Updates:
    """Read a recording: a file is written, a command fails, the file is read; the last word is `All done.`"""
    updates = Updates(PurePath("/repo"))
    for line in (RECORDED / f"{name}.jsonl").read_bytes().splitlines():
        updates.read(line)
    return updates


def told(*messages: dict[str, Any]) -> Updates:
    updates = Updates(PurePath("/repo"))
    for message in messages:
        updates.read(json.dumps({"jsonrpc": "2.0", **message}).encode())
    return updates


def update(name: str, **more: Any) -> dict[str, Any]:
    return {"method": "session/update", "params": {"sessionId": "s", "update": {"sessionUpdate": name, **more}}}


def chunk(text: str, message: str | None = None) -> dict[str, Any]:
    named = {"messageId": message} if message else {}
    return update("agent_message_chunk", content={"type": "text", "text": text}, **named)


def stopped(reason: str, **more: Any) -> dict[str, Any]:
    return {"id": 3, "result": {"stopReason": reason, **more}}


def failure(code: object, message: object, data: object = None) -> dict[str, Any]:
    return {"id": 3, "error": {"code": code, "message": message, "data": data}}


@pytest.mark.parametrize("agent", ["opencode", "claude", "codex", "gemini"])
def test_the_answer_is_the_last_message(agent: str) -> None:
    updates = recorded(f"{agent}-tour")

    assert (updates.text, updates.is_done, updates.failure) == ("All done.", True, None)


@pytest.mark.parametrize(
    ("agent", "events"),
    [
        ("opencode", [EDIT, run(1), READ]),
        ("claude", [EDIT, run(1), READ]),
        ("codex", [EDIT, run(1), READ]),
        # It asks for permission and tells nothing afterwards but that it is done.
        ("gemini", [EDIT, run(), READ]),
    ],
)
def test_tools_are_told_in_order_with_path_or_command(agent: str, events: list[ToolEvent]) -> None:
    assert recorded(f"{agent}-tour").events == events


@pytest.mark.parametrize(
    ("agent", "usage", "cost"),
    [
        # It tells the last of its four steps.
        ("opencode", Usage(input=600, cached_input=400, output=50, reasoning=20), None),
        ("claude", Usage(input=2400, cached_input=1600, output=200), 0.0174),
        ("codex", Usage(input=2400, cached_input=1600, output=200, reasoning=80), None),
        ("gemini", Usage(), None),
    ],
)
def test_what_was_used_is_what_the_agent_tells(agent: str, usage: Usage, cost: float | None) -> None:
    updates = recorded(f"{agent}-tour")

    assert (updates.usage, updates.cost_usd) == (usage, cost)


def test_codex_tells_an_error_as_its_answer_and_no_tokens() -> None:
    updates = recorded("codex-err429")

    assert not updates.is_done
    assert updates.failure == Ending(End.RATE_LIMITED, "exceeded retry limit, last status: 429 Too Many Requests")


@pytest.mark.parametrize(
    ("message", "ending"),
    [
        (stopped("refusal"), Ending(End.ERROR, "the model refused to go on")),
        (stopped("max_tokens"), Ending(End.ERROR, "the answer broke off: the model may say no more")),
        (stopped("max_turn_requests"), Ending(End.ERROR, "the agent has asked its model as often as it may")),
        (stopped("cancelled"), Ending(End.ERROR, "the agent gave up")),
        (stopped("bored"), Ending(End.ERROR, "it stopped for the reason 'bored'")),
        (stopped("end_turn"), Ending(End.ERROR, "no answer: it gave no reason")),
        (failure(-32000, "Authentication required"), Ending(End.REFUSED, f"Authentication required: {LOGIN}")),
        (failure(401, "no such key"), Ending(End.REFUSED, "no such key (HTTP 401)")),
        (failure(429, "slow down"), Ending(End.RATE_LIMITED, "slow down (HTTP 429)")),
        (failure(-32603, "Internal error", {"errorKind": "rate_limit"}), Ending(End.RATE_LIMITED, "Internal error")),
        (failure(-32603, "try again in 7 seconds: overloaded"), None),
        (failure(-32603, "the server is on fire"), Ending(End.ERROR, "the server is on fire")),
        (failure("?", ["?"]), Ending(End.ERROR, "error 0")),
    ],
)
def test_endings_are_told_apart(message: dict[str, Any], ending: Ending | None) -> None:
    updates = told(message)

    assert not updates.is_done
    assert updates.failure == (ending or Ending(End.RATE_LIMITED, "try again in 7 seconds: overloaded", 7.0))


def test_what_was_said_before_it_broke_off_is_told() -> None:
    updates = told(chunk("Once upon a"), stopped("max_tokens"))

    assert updates.failure == Ending(End.ERROR, "the answer broke off: the model may say no more: Once upon a")


def test_a_message_comes_in_pieces_until_another_one_or_a_tool_follows() -> None:
    assert told(chunk("one ", "a"), chunk("two", "a")).text == "one two"
    assert told(chunk("one ", "a"), chunk("two", "b")).text == "two"
    assert told(chunk("one "), update("tool_call", toolCallId="t"), chunk("two")).text == "two"
    assert told(chunk("one"), update("tool_call", toolCallId="t")).text == "one"


def test_an_answer_whose_tokens_are_not_told_is_an_answer() -> None:
    assert told(chunk("Well."), stopped("end_turn")).is_done
    assert told(chunk("Well."), stopped("end_turn", usage={"inputTokens": 0, "outputTokens": 0})).is_done
    assert not told(chunk("Well."), stopped("end_turn", usage=None)).is_done


def test_a_cost_in_another_currency_is_not_known() -> None:
    assert told(update("usage_update", cost={"amount": 3.0, "currency": "EUR"})).cost_usd is None


def test_a_tool_that_failed_or_was_left_is_another_thing() -> None:
    updates = told(
        update("tool_call", toolCallId="a", kind="edit", title="write", locations=[{"path": "/repo/a.txt"}]),
        update("tool_call_update", toolCallId="a", status="failed"),
        update("tool_call", toolCallId="b", kind="execute", title="sleep", rawInput={"command": ["sleep", "9 9"]}),
        update("tool_call", toolCallId="c", kind="fetch", title="the web", status="completed"),
    )

    assert updates.events == [
        ToolEvent(kind=ToolKind.OTHER, detail="edit a.txt failed"),
        ToolEvent(kind=ToolKind.OTHER, detail="execute sleep '9 9' did not come to its end"),
        ToolEvent(kind=ToolKind.OTHER, detail="the web"),
    ]


@pytest.mark.parametrize(
    ("agent", "model", "mode"),
    [
        ("opencode", "local/tour", "plan"),
        ("claude", "haiku", "default"),
        ("codex", "gpt-6.1-sol", "read-only"),
        ("gemini", "gemini-2.5-pro", "yolo"),
    ],
)
def test_models_and_modes_are_read_wherever_an_agent_offers_them(agent: str, model: str, mode: str) -> None:
    lines = map(json.loads, (RECORDED / f"{agent}-tour.jsonl").read_text().splitlines())
    session = Session.model_validate(next(line["result"] for line in lines if "sessionId" in line.get("result", {})))

    assert model in session.offered("model")
    assert mode in session.offered("mode")


def test_choices_may_be_in_groups() -> None:
    grouped = [{"group": "g", "name": "G", "options": [{"value": "a", "name": "A"}, {"value": "b", "name": "B"}]}]
    setting = {"id": "model", "category": "model", "type": "select", "currentValue": "a", "options": grouped}

    session = Session.model_validate({"sessionId": "s", "configOptions": [setting, 7]})

    assert session.offered("model") == ["a", "b"]
