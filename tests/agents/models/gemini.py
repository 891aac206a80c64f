"""Gemini generateContent and streamGenerateContent: gemini-cli."""

import re
from collections.abc import Iterator

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
    parts,
)
from tests.agents.models.scripts import Message

USAGE = {
    "promptTokenCount": FRESH + CACHED,
    "cachedContentTokenCount": CACHED,
    "candidatesTokenCount": OUTPUT - REASONING,
    "thoughtsTokenCount": REASONING,
    "totalTokenCount": FRESH + CACHED + OUTPUT,
}
"""The one API that counts what was thought apart from what was said."""
STATES = {
    Trouble.KEY: "UNAUTHENTICATED",
    Trouble.RATE: "RESOURCE_EXHAUSTED",
    Trouble.SERVER: "INTERNAL",
    Trouble.OVERLOADED: "UNAVAILABLE",
    Trouble.OVERFLOW: "INVALID_ARGUMENT",
    Trouble.MODEL: "NOT_FOUND",
    Trouble.ADDRESS: "NOT_FOUND",
}
OVERFLOW = "The input token count (1248577) exceeds the maximum number of tokens allowed (1048576)."
_PATH = re.compile(r"models/(?P<model>[^:]+):(?P<method>\w+)")


def _read(path: str, body: Json) -> Question:
    asked = _PATH.search(path)
    assert asked, path
    system = body.get("systemInstruction")
    declared = [function for tool in body.get("tools") or () for function in tool.get("functionDeclarations") or ()]
    return Question(
        model=asked["model"],
        messages=(
            *([{"role": "system", "content": _texts(system)}] if system else []),
            *(message for content in body.get("contents") or () for message in _messages(content)),
        ),
        tools={function["name"]: _schema(function) for function in declared},
        streamed=asked["method"] == "streamGenerateContent",
        forced_tool=_forced(body),
    )


def _forced(body: Json) -> str | None:
    choice = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    allowed = choice.get("allowedFunctionNames") or []
    return allowed[0] if choice.get("mode") == "ANY" and len(allowed) == 1 else None


def _schema(function: Json) -> Json:
    return function.get("parametersJsonSchema") or function.get("parameters") or {}


def _texts(content: Json) -> list[Json]:
    return [part for part in content["parts"] if part.get("text") and not part.get("thought")]


def _messages(content: Json) -> Iterator[Message]:
    """Read one content; what tools answered become messages of their own."""
    if content.get("role") == "model":
        used = [part["functionCall"]["name"] for part in content["parts"] if "functionCall" in part]
        yield {"role": "assistant", "content": _texts(content), "used": used}
        return
    for part in content["parts"]:
        if "functionResponse" in part:
            yield {"role": "tool", "content": str(part["functionResponse"].get("response"))}
    if texts := _texts(content):
        yield {"role": "user", "content": texts}


def _whole(reply: Reply) -> Json:
    return _chunk(reply, _parts(reply), ended=True)


def _events(reply: Reply) -> list[Json]:
    pieces = [[{"text": part}] for part in parts(reply.text)] or [_parts(reply)]
    return [*(_chunk(reply, piece) for piece in pieces), _chunk(reply, [{"text": ""}], ended=True)]


def _parts(reply: Reply) -> list[Json]:
    if not reply.calls:
        return [{"text": reply.text}]
    return [
        {"functionCall": {"id": reply.call_id(index), "name": call.name, "args": dict(call.arguments)}}
        for index, call in enumerate(reply.calls)
    ]


def _chunk(reply: Reply, pieces: list[Json], *, ended: bool = False) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": pieces}, "index": 0}
    end: Json = {"finishReason": "STOP"} if ended else {}
    usage: Json = {"usageMetadata": USAGE} if ended else {}
    return {"candidates": [candidate | end], **usage, "modelVersion": reply.model, "responseId": str(reply.stamp)}


def _refusal(refusal: Refusal) -> Json:
    error: Json = {"code": refusal.status, "message": refusal.message, "status": STATES[refusal.trouble]}
    if refusal.trouble is Trouble.RATE:
        wait = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}
        error["details"] = [wait]
    return {"error": error}


GEMINI = Api(_read, _whole, _events, _refusal, OVERFLOW)
