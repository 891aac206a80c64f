"""A model on the loopback: a server whose answers a script decides, in the API of each program.

It speaks OpenAI chat and Responses, Anthropic Messages and Gemini. Stateless: an answer depends only on the request.
The model's name chooses the scenario, so that a configuration alone can ask for trouble; names in `scripts` are
answered by their script, names in `TROUBLES` by their trouble, others do not exist.
"""

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from tests.agents.models.anthropic import ANTHROPIC
from tests.agents.models.api import CACHED, FRESH, Api, Question, Refusal, Reply, Trouble, dump
from tests.agents.models.chat import CHAT
from tests.agents.models.gemini import GEMINI
from tests.agents.models.responses import RESPONSES
from tests.agents.models.scripts import (
    Answer,
    Message,
    Script,
    ToolCall,
    by_pattern,
    in_turn,
    prompt_of,
    read_file,
    results_of,
    run_command,
    system_of,
    text_of,
    write_file,
)
from tests.agents.models.tools import CLAUDE, CODEX, OPENCODE, Toolbox, reply_to, toolbox_of
from tests.agents.models.tools import GEMINI as GEMINI_TOOLS

__all__ = [
    "HAPPY",
    "STRUCTURED",
    "TEXT_ONLY",
    "TROUBLES",
    "Answer",
    "Asked",
    "Message",
    "ModelServer",
    "Script",
    "ToolCall",
    "by_pattern",
    "in_turn",
    "prompt_of",
    "read_file",
    "results_of",
    "run_command",
    "system_of",
    "text_of",
    "write_file",
]

RETRY_MILLISECONDS = "10"
"""What a refusal asks its caller to wait: programs that read this header try again at once."""
RETRY_SECONDS = "1"
"""What a rate limit asks to wait, for the others."""
APIS: Sequence[tuple[str, Api, Toolbox]] = (
    (r"/chat/completions$", CHAT, OPENCODE),
    (r"/responses$", RESPONSES, CODEX),
    (r"/messages$", ANTHROPIC, CLAUDE),
    (r":(generateContent|streamGenerateContent)$", GEMINI, GEMINI_TOOLS),
)
"""What a path is asked in, and whose tools are meant where the request does not tell."""
HAPPY = in_turn([write_file("hello.txt", "hello\n")], [run_command("cat hello.txt")], "All done.")
TEXT_ONLY = in_turn("Only words.")
STRUCTURED = in_turn('{"verdict": "approve", "problems": []}')


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[str, ...]
    body: Mapping[str, Any]
    authorization: str
    path: str


@dataclass
class ModelServer:
    """The server; use it as a context manager."""

    scripts: Mapping[str, Script] = field(default_factory=dict)
    """Scripts by the name of the model; `happy`, `textonly` and `structured` are there unless replaced."""
    asked: list[Asked] = field(default_factory=list)
    """Every answer that was asked for, in order."""

    def __enter__(self) -> Self:
        self.scripts = {"happy": HAPPY, "textonly": TEXT_ONLY, "structured": STRUCTURED, **self.scripts}
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
    def url(self) -> str:
        """Return the address of the server, as Anthropic's and Gemini's clients want it."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def base_url(self) -> str:
        """Return what a provider's `base_url` has to be, for OpenAI's APIs."""
        return f"{self.url}/v1"

    @property
    def models(self) -> list[str]:
        """Return the names of all models."""
        return [*self.scripts, *TROUBLES]


class _Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: ModelServer
    api: Api = CHAT

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        if "Upgrade" in self.headers:
            self.send_json(426, {})  # there are no websockets here
            return
        if urlsplit(self.path).path.rstrip("/").endswith("/models"):
            listing = [{"id": name, "object": "model"} for name in self.server_of.models]
            self.send_json(200, {"object": "list", "data": listing})
        else:
            self.refuse(Refusal(404, Trouble.ADDRESS, "not found"))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = unquote(urlsplit(self.path).path)
        if path.endswith("/count_tokens"):
            self.send_json(200, {"input_tokens": FRESH + CACHED})
        elif path.endswith(":countTokens"):
            self.send_json(200, {"totalTokens": FRESH + CACHED})
        elif found := next((row for row in APIS if re.search(row[0], path)), None):
            self.api = found[1]
            self.decide(body, path, found[2])
        else:
            self.refuse(Refusal(404, Trouble.ADDRESS, "not found"))

    def decide(self, body: dict[str, Any], path: str, toolbox: Toolbox) -> None:
        """Answer as the model's name says."""
        question = self.api.read(path, body)
        tools = tuple(question.tools)
        self.server_of.asked.append(Asked(question.model, question.messages, tools, body, self.key(), path))
        if trouble := TROUBLES.get(question.model):
            trouble(self, question)
        elif script := self.server_of.scripts.get(question.model):
            answer = script(question.messages, tools)
            self.answer(question, reply_to(question, answer, toolbox_of(question, toolbox)))
        else:
            self.refuse(Refusal(404, Trouble.MODEL, f"the model `{question.model}` does not exist"))

    def key(self) -> str:
        """Return what the caller identifies itself by, whichever header carries it."""
        names = ("Authorization", "x-api-key", "x-goog-api-key")
        return next((self.headers[name] for name in names if name in self.headers), "")

    def answer(self, question: Question, reply: Reply) -> None:
        """Send a reply, whole or as server-sent events."""
        if not question.streamed:
            self.send_json(200, self.api.whole(reply))
            return
        self.start_stream()
        for event in self.api.events(reply):
            self.send_event(event)
        if self.api.closing_event:
            self.send_data(self.api.closing_event)

    def refuse(self, refusal: Refusal) -> None:
        """Send an error as the API does."""
        headers = {"retry-after-ms": RETRY_MILLISECONDS}
        if refusal.trouble is Trouble.RATE:
            headers["retry-after"] = RETRY_SECONDS
        self.send_json(refusal.status, self.api.refusal(refusal), **headers)

    def send_json(self, status: int, value: object, **headers: str) -> None:
        """Send a JSON document."""
        self.send_document(status, json.dumps(value), **headers)

    def send_document(self, status: int, text: str, *, length: int | None = None, **headers: str) -> None:
        """Send a text as a JSON document; one that is shorter than its length ends the connection."""
        data = text.encode()
        self.close_connection = self.close_connection or length is not None
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length or len(data)))
        for name, content in headers.items():
            self.send_header(name, content)
        self.end_headers()
        self.wfile.write(data)

    def start_stream(self) -> None:
        """Begin server-sent events; the end of the connection ends them."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def send_event(self, event: Mapping[str, Any]) -> None:
        """Send one event, under its name if it has one."""
        self.send_data(dump(event), name=event.get("type"))

    def send_data(self, data: str, *, name: str | None = None) -> None:
        """Send the text of one event."""
        head = f"event: {name}\n" if name else ""
        self.wfile.write(f"{head}data: {data}\n\n".encode())
        self.wfile.flush()


def _handler(server: ModelServer) -> type[_Http]:
    return type("Handler", (_Http,), {"server_of": server})


def _refuse(status: int, trouble: Trouble, message: str) -> Callable[[_Http, Question], None]:
    return lambda http, question: http.refuse(Refusal(status, trouble, message))


def _overflow(http: _Http, question: Question) -> None:
    """Say that the prompt is too long, in the words of the API."""
    http.refuse(Refusal(400, Trouble.OVERFLOW, http.api.overflow))


def _hang(http: _Http, question: Question) -> None:
    """Begin an answer and never go on, until the server is closed."""
    http.start_stream()
    http.server_of.closing.wait()


def _cut_off(http: _Http, question: Question) -> None:
    """End the connection in the middle of an answer."""
    reply = Reply(question.model, "I was about to")
    if question.streamed:
        events = http.api.events(reply)
        http.start_stream()
        for event in events[: len(events) // 2]:
            http.send_event(event)
    else:
        whole = dump(http.api.whole(reply))
        http.send_document(200, whole[: len(whole) // 2], length=len(whole))


def _malformed(http: _Http, question: Question) -> None:
    """Send what is not JSON."""
    if not question.streamed:
        http.send_document(200, "{this is not json")
        return
    http.start_stream()
    first = http.api.events(Reply(question.model, "x"))[0]
    http.send_data("{this is not json", name=first.get("type"))
    if http.api.closing_event:
        http.send_data(http.api.closing_event)


TROUBLES: Mapping[str, Callable[[_Http, Question], None]] = {
    "err401": _refuse(401, Trouble.KEY, "the key is not valid"),
    "err429": _refuse(429, Trouble.RATE, "rate limit reached"),
    "err500": _refuse(500, Trouble.SERVER, "internal server error"),
    "err529": _refuse(529, Trouble.OVERLOADED, "overloaded"),
    "overflow": _overflow,
    "hang": _hang,
    "cutoff": _cut_off,
    "malformed": _malformed,
}
