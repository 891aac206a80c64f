"""OpenAI chat completions: opencode, pi and most local model servers."""

from collections.abc import Mapping
from typing import Any

from tests.agents.models.api import (
    CACHED,
    FRESH,
    OUTPUT,
    REASONING,
    Api,
    Json,
    Question,
    Refusal,
    Reply,
    Trouble,
    dump,
    parts,
)
from tests.agents.models.scripts import Message, ToolCall

USAGE = {
    "prompt_tokens": FRESH + CACHED,
    "completion_tokens": OUTPUT,
    "total_tokens": FRESH + CACHED + OUTPUT,
    "prompt_tokens_details": {"cached_tokens": CACHED},
    "completion_tokens_details": {"reasoning_tokens": REASONING},
}
CODES = {
    Trouble.KEY: "invalid_api_key",
    Trouble.RATE: "rate_limit_exceeded",
    Trouble.SERVER: "server_error",
    Trouble.OVERLOADED: "server_overloaded",
    Trouble.OVERFLOW: "context_length_exceeded",
    Trouble.MODEL: "model_not_found",
    Trouble.ADDRESS: "not_found",
}
OVERFLOW = (
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 200000 tokens. "
    "Please reduce the length of the messages."
)


def _read(path: str, body: Json) -> Question:
    functions = [tool["function"] for tool in body.get("tools") or ()]
    choice = body.get("tool_choice")
    return Question(
        model=body["model"],
        messages=tuple(map(_message, body["messages"])),
        tools={function["name"]: function.get("parameters", {}) for function in functions},
        streamed=bool(body.get("stream")),
        forced_tool=choice["function"]["name"] if isinstance(choice, dict) else None,
    )


def _message(message: Message) -> Message:
    used = [call["function"]["name"] for call in message.get("tool_calls") or ()]
    return {**message, "used": used}


def _whole(reply: Reply) -> Json:
    message: Json = {"role": "assistant", "content": reply.text}
    if reply.calls:
        message |= {"content": None, "tool_calls": [_call(reply, *indexed) for indexed in enumerate(reply.calls)]}
    choice = {"index": 0, "message": message, "finish_reason": _reason(reply)}
    return {**_head(reply, "chat.completion"), "choices": [choice], "usage": USAGE}


def _events(reply: Reply) -> list[Json]:
    texts = [{"content": part} for part in parts(reply.text)]
    calls = [{"tool_calls": [{"index": index, **_call(reply, index, call)}]} for index, call in enumerate(reply.calls)]
    usage = {**_chunk(reply, {}), "choices": [], "usage": USAGE}
    deltas = [{"role": "assistant"}, *texts, *calls]
    return [*(_chunk(reply, delta) for delta in deltas), _chunk(reply, {}, _reason(reply)), usage]


def _chunk(reply: Reply, delta: Mapping[str, Any], reason: str | None = None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {**_head(reply, "chat.completion.chunk"), "choices": [choice]}


def _head(reply: Reply, kind: str) -> Json:
    return {"id": f"chat-{reply.stamp}", "object": kind, "created": 1, "model": reply.model}


def _reason(reply: Reply) -> str:
    return "tool_calls" if reply.calls else "stop"


def _call(reply: Reply, index: int, call: ToolCall) -> Json:
    function = {"name": call.name, "arguments": dump(call.arguments)}
    return {"id": reply.call_id(index), "type": "function", "function": function}


def refusal_body(refusal: Refusal) -> Json:
    """Return an error as OpenAI writes it, in both of its APIs."""
    kind = "server_error" if refusal.status >= 500 else "invalid_request_error"
    return {"error": {"message": refusal.message, "type": kind, "param": None, "code": CODES[refusal.trouble]}}


CHAT = Api(_read, _whole, _events, refusal_body, OVERFLOW, closing_event="[DONE]")
