"""OpenAI Responses: codex."""

from collections.abc import Iterator, Sequence

from tests.agents.models.api import CACHED, FRESH, OUTPUT, REASONING, Api, Json, Question, Reply, dump, parts
from tests.agents.models.chat import refusal_body
from tests.agents.models.scripts import Message, ToolCall

USAGE = {
    "input_tokens": FRESH + CACHED,
    "input_tokens_details": {"cached_tokens": CACHED},
    "output_tokens": OUTPUT,
    "output_tokens_details": {"reasoning_tokens": REASONING},
    "total_tokens": FRESH + CACHED + OUTPUT,
}
OVERFLOW = "Your input exceeds the context window of this model. Please adjust your input and try again."


def _read(path: str, body: Json) -> Question:
    said = [{"role": "system", "content": body["instructions"]}] if body.get("instructions") else []
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    choice = body.get("tool_choice")
    functions = [tool for tool in body.get("tools") or () if "name" in tool]
    return Question(
        model=body["model"],
        messages=tuple(said + _messages(items)),
        tools={tool["name"]: tool.get("parameters") or {} for tool in functions},
        streamed=bool(body.get("stream")),
        forced_tool=choice.get("name") if isinstance(choice, dict) else None,
    )


def _messages(items: Sequence[Json]) -> list[Message]:
    """Read a conversation; the tools that one answer wanted are one message, as they are elsewhere."""
    messages: list[Message] = []
    stamps: set[str] = set()
    for item in items:
        kind = item.get("type", "message")
        if kind == "message":
            messages.append({"role": item["role"], "content": item["content"]})
        elif kind.endswith("_call_output"):
            messages.append({"role": "tool", "content": item["output"]})
        elif kind.endswith("_call") and (stamp := item["call_id"].rpartition("_")[0]) not in stamps:
            stamps.add(stamp)
            messages.append({"role": "assistant", "content": "", "used": [item["name"]]})
    return messages


def _whole(reply: Reply) -> Json:
    return {**_head(reply, "completed"), "output": _items(reply), "usage": USAGE}


def _head(reply: Reply, status: str) -> Json:
    return {
        "id": f"resp_{reply.stamp}",
        "object": "response",
        "created_at": 1,
        "status": status,
        "model": reply.model,
        "output": [],
        "usage": None,
    }


def _items(reply: Reply) -> list[Json]:
    if reply.calls:
        return [_call(reply, index, call) for index, call in enumerate(reply.calls)]
    content = {"type": "output_text", "text": reply.text, "annotations": []}
    return [{**_message(reply), "status": "completed", "content": [content]}]


def _message(reply: Reply) -> Json:
    head = {"id": f"msg_{reply.stamp}", "type": "message", "role": "assistant"}
    return {**head, "status": "in_progress", "content": []}


def _call(reply: Reply, index: int, call: ToolCall) -> Json:
    head = {"id": f"fc_{reply.stamp}_{index}", "call_id": reply.call_id(index), "name": call.name}
    return {**head, "type": "function_call", "status": "completed", "arguments": dump(call.arguments)}


def _events(reply: Reply) -> list[Json]:
    middle = _calls(reply) if reply.calls else _text(reply)
    created = {"type": "response.created", "response": _head(reply, "in_progress")}
    completed = {"type": "response.completed", "response": _whole(reply)}
    return [{**event, "sequence_number": number} for number, event in enumerate((created, *middle, completed))]


def _text(reply: Reply) -> Iterator[Json]:
    (item,) = _items(reply)
    where = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    empty = {"type": "output_text", "text": "", "annotations": []}
    yield {"type": "response.output_item.added", "output_index": 0, "item": _message(reply)}
    yield {"type": "response.content_part.added", **where, "part": empty}
    for part in parts(reply.text):
        yield {"type": "response.output_text.delta", **where, "delta": part}
    yield {"type": "response.output_text.done", **where, "text": reply.text}
    yield {"type": "response.content_part.done", **where, "part": item["content"][0]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}


def _calls(reply: Reply) -> Iterator[Json]:
    for index, item in enumerate(_items(reply)):
        begun = {**item, "status": "in_progress", "arguments": ""}
        where = {"item_id": item["id"], "output_index": index}
        yield {"type": "response.output_item.added", "output_index": index, "item": begun}
        yield {"type": "response.function_call_arguments.delta", **where, "delta": item["arguments"]}
        yield {"type": "response.function_call_arguments.done", **where, "arguments": item["arguments"]}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}


RESPONSES = Api(_read, _whole, _events, refusal_body, OVERFLOW)
