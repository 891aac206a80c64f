"""Anthropic Messages: claude-code."""

from collections.abc import Iterator, Sequence

from tests.agents.models.api import CACHED, FRESH, OUTPUT, Api, Json, Question, Refusal, Reply, Trouble, dump, parts
from tests.agents.models.scripts import Message, text_of

USAGE = {
    "input_tokens": FRESH,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": CACHED,
    "output_tokens": OUTPUT,
}
TYPES = {
    Trouble.KEY: "authentication_error",
    Trouble.RATE: "rate_limit_error",
    Trouble.SERVER: "api_error",
    Trouble.OVERLOADED: "overloaded_error",
    Trouble.OVERFLOW: "invalid_request_error",
    Trouble.MODEL: "not_found_error",
    Trouble.ADDRESS: "not_found_error",
}
OVERFLOW = "prompt is too long: 208310 tokens > 200000 maximum"


def _read(path: str, body: Json) -> Question:
    choice = body.get("tool_choice") or {}
    system = [{"role": "system", "content": body["system"]}] if body.get("system") else []
    said = [message for spoken in body["messages"] for message in _messages(spoken)]
    return Question(
        model=body["model"],
        messages=(*system, *said),
        tools={tool["name"]: tool.get("input_schema", {}) for tool in body.get("tools") or ()},
        streamed=bool(body.get("stream")),
        forced_tool=choice.get("name"),
    )


def _messages(spoken: Json) -> Iterator[Message]:
    """Read one message; what tools answered, and what the program added of its own, become messages of their own."""
    content = spoken["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if spoken["role"] == "assistant":
        used = [block["name"] for block in blocks if block["type"] == "tool_use"]
        yield {"role": "assistant", "content": _texts(blocks), "used": used}
        return
    for block in blocks:
        if block["type"] == "tool_result":
            yield {"role": "tool", "content": block.get("content")}
    added = [block for block in _texts(blocks) if block["text"].startswith("<system-reminder>")]
    said = [block for block in _texts(blocks) if block not in added]
    yield from ({"role": "system", "content": [block]} for block in added)
    if said:
        yield {"role": spoken["role"], "content": said}


def _texts(blocks: Sequence[Json]) -> list[Json]:
    return [block for block in blocks if block["type"] == "text" and text_of({"content": [block]})]


def _head(reply: Reply) -> Json:
    return {"id": f"msg_{reply.stamp}", "type": "message", "role": "assistant", "model": reply.model}


def _whole(reply: Reply) -> Json:
    stop = {"stop_reason": _reason(reply), "stop_sequence": None}
    return {**_head(reply), "content": _blocks(reply), **stop, "usage": USAGE}


def _reason(reply: Reply) -> str:
    return "tool_use" if reply.calls else "end_turn"


def _blocks(reply: Reply) -> list[Json]:
    if not reply.calls:
        return [{"type": "text", "text": reply.text}]
    return [
        {"type": "tool_use", "id": reply.call_id(index), "name": call.name, "input": dict(call.arguments)}
        for index, call in enumerate(reply.calls)
    ]


def _events(reply: Reply) -> list[Json]:
    begun = {**_head(reply), "content": [], "stop_reason": None, "stop_sequence": None}
    stop = {"stop_reason": _reason(reply), "stop_sequence": None}
    return [
        {"type": "message_start", "message": {**begun, "usage": {**USAGE, "output_tokens": 1}}},
        *(event for index, block in enumerate(_blocks(reply)) for event in _block(index, block)),
        {"type": "message_delta", "delta": stop, "usage": USAGE},
        {"type": "message_stop"},
    ]


def _block(index: int, block: Json) -> Iterator[Json]:
    if block["type"] == "text":
        empty: Json = {"text": ""}
        deltas = [{"type": "text_delta", "text": part} for part in parts(block["text"])]
    else:
        empty = {"input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts(dump(block["input"]))]
    yield {"type": "content_block_start", "index": index, "content_block": {**block, **empty}}
    yield from ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
    yield {"type": "content_block_stop", "index": index}


def _refusal(refusal: Refusal) -> Json:
    error = {"type": TYPES[refusal.trouble], "message": refusal.message}
    return {"type": "error", "error": error, "request_id": "req_1"}


ANTHROPIC = Api(_read, _whole, _events, _refusal, OVERFLOW)
