"""A model on the loopback: an OpenAI-compatible server whose answers a script decides.

Stateless: an answer depends only on the request. The model's name chooses the scenario, so that a configuration alone
can ask for trouble; names in `scripts` are answered by their script, names in `TROUBLES` by their trouble, others do
not exist.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Message = dict[str, Any]
RETRY_MILLISECONDS = "10"
"""What a refusal asks its caller to wait: programs that try again do it at once."""
USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 50,
    "total_tokens": 1050,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 20},
}
"""What every completion says to have used: 600 fresh and 400 cached in, 50 out of which 20 reasoning."""


@dataclass(frozen=True)
class ToolCall:
    """A tool that the model wants to be used."""

    name: str
    arguments: Mapping[str, Any]


Answer = str | Sequence[ToolCall]
Script = Callable[[Sequence[Message], Sequence[str]], Answer]
"""Decides an answer from the messages and the names of the offered tools: the final text, or tools to use."""


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[str, ...]
    body: Mapping[str, Any]
    authorization: str


def text_of(message: Message) -> str:
    """Return the text of a message, whichever way it is written."""
    content: str | list[dict[str, str]] = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def system_of(messages: Sequence[Message]) -> str:
    """Return the system prompt."""
    return "\n".join(text_of(message) for message in messages if message["role"] in ("system", "developer"))


def prompt_of(messages: Sequence[Message]) -> str:
    """Return the last thing that the user said."""
    return next((text_of(message) for message in reversed(messages) if message["role"] == "user"), "")


def results_of(messages: Sequence[Message]) -> list[str]:
    """Return what the tools answered, in order."""
    return [text_of(message) for message in messages if message["role"] == "tool"]


def write_file(path: str, content: str) -> ToolCall:
    """Want a file to be written, with OpenCode's tool."""
    return ToolCall("write", {"filePath": path, "content": content})


def run_command(command: str) -> ToolCall:
    """Want a shell command to be run, with OpenCode's tool."""
    return ToolCall("bash", {"command": command, "description": "Runs a command"})


def read_file(path: str) -> ToolCall:
    """Want a file to be read, with OpenCode's tool."""
    return ToolCall("read", {"filePath": path})


def in_turn(*answers: Answer) -> Script:
    """Give one answer after the other, the last one for ever."""

    def script(messages: Sequence[Message], tools: Sequence[str]) -> Answer:
        given = len([message for message in messages if message["role"] == "assistant"])
        return answers[min(given, len(answers) - 1)]

    return script


def by_pattern(*cases: tuple[str, Script]) -> Script:
    """Let the first case answer whose pattern is found in the system prompt or in what the user said."""

    def script(messages: Sequence[Message], tools: Sequence[str]) -> Answer:
        said = system_of(messages) + "\n" + prompt_of(messages)
        chosen = next((script for pattern, script in cases if re.search(pattern, said)), None)
        return chosen(messages, tools) if chosen else "No script fits this prompt."

    return script


HAPPY = in_turn([write_file("hello.txt", "hello\n")], [run_command("cat hello.txt")], "All done.")
TEXT_ONLY = in_turn("Only words.")


@dataclass
class ModelServer:
    """The server; use it as a context manager."""

    scripts: Mapping[str, Script] = field(default_factory=dict)
    """Scripts by the name of the model; `happy` and `textonly` are there unless replaced."""
    asked: list[Asked] = field(default_factory=list)
    """Every completion that was asked for, in order."""

    def __enter__(self) -> Self:
        self.scripts = {"happy": HAPPY, "textonly": TEXT_ONLY, **self.scripts}
        self.closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        """Return what a provider's `base_url` has to be."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @property
    def models(self) -> list[str]:
        """Return the names of all models."""
        return [*self.scripts, *TROUBLES]


class _Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: ModelServer

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        if self.path.rstrip("/").endswith("/models"):
            listing = [{"id": name, "object": "model"} for name in self.server_of.models]
            self.send_json(200, {"object": "list", "data": listing})
        else:
            self.refuse(404, "not found")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        tools = tuple(tool["function"]["name"] for tool in body.get("tools") or ())
        asked = Asked(body["model"], tuple(body["messages"]), tools, body, self.headers.get("Authorization", ""))
        self.server_of.asked.append(asked)
        if trouble := TROUBLES.get(asked.model):
            trouble(self)
        elif script := self.server_of.scripts.get(asked.model):
            self.answer(script(asked.messages, asked.tools), streamed=bool(body.get("stream")))
        else:
            self.refuse(404, f"the model `{asked.model}` does not exist")

    def answer(self, answer: Answer, *, streamed: bool) -> None:
        """Send a completion, whole or as server-sent events."""
        if streamed:
            self.start_stream()
            for chunk in _chunks(answer):
                self.send_event(json.dumps(chunk))
            self.send_event("[DONE]")
        else:
            self.send_json(200, _completion(answer))

    def refuse(self, status: int, message: str) -> None:
        """Send an error as the API does."""
        error = {"message": message, "type": "error", "code": status}
        self.send_json(status, {"error": error}, **{"retry-after-ms": RETRY_MILLISECONDS})

    def send_json(self, status: int, value: object, **headers: str) -> None:
        """Send a JSON document."""
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def start_stream(self) -> None:
        """Begin server-sent events; the end of the connection ends them."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def send_event(self, data: str) -> None:
        """Send one event."""
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()


def _handler(server: ModelServer) -> type[_Http]:
    return type("Handler", (_Http,), {"server_of": server})


def _hang(http: _Http) -> None:
    """Begin an answer and never go on, until the server is closed."""
    http.start_stream()
    http.server_of.closing.wait()


def _cut_off(http: _Http) -> None:
    """End the connection in the middle of an answer."""
    http.start_stream()
    http.send_event(json.dumps(_chunk({"role": "assistant", "content": "I was about to"})))


def _malformed(http: _Http) -> None:
    """Send what is not JSON."""
    http.start_stream()
    http.send_event("{this is not json")
    http.send_event("[DONE]")


TROUBLES: Mapping[str, Callable[[_Http], None]] = {
    "err401": lambda http: http.refuse(401, "the key is not valid"),
    "err429": lambda http: http.refuse(429, "rate limit reached"),
    "err500": lambda http: http.refuse(500, "internal server error"),
    "hang": _hang,
    "cutoff": _cut_off,
    "malformed": _malformed,
}


def _chunks(answer: Answer) -> list[dict[str, Any]]:
    if isinstance(answer, str):
        deltas = [{"content": piece} for piece in re.findall(r".{1,400}", answer, re.DOTALL)]
    else:
        deltas = [{"tool_calls": [{"index": index, **_call(index, call)}]} for index, call in enumerate(answer)]
    usage = {**_chunk({}), "choices": [], "usage": USAGE}
    return [_chunk({"role": "assistant"}), *map(_chunk, deltas), _chunk({}, _reason(answer)), usage]


def _chunk(delta: Mapping[str, Any], reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def _completion(answer: Answer) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer}
    if not isinstance(answer, str):
        message |= {"content": None, "tool_calls": [_call(index, call) for index, call in enumerate(answer)]}
    choice = {"index": 0, "message": message, "finish_reason": _reason(answer)}
    head = {"id": "chat-1", "object": "chat.completion", "created": 1, "model": "m"}
    return {**head, "choices": [choice], "usage": USAGE}


def _reason(answer: Answer) -> str:
    return "stop" if isinstance(answer, str) else "tool_calls"


def _call(index: int, call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments)}
    return {"id": f"call_{time.monotonic_ns()}_{index}", "type": "function", "function": function}
