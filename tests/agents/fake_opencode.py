"""An OpenCode server that misbehaves as the real one cannot be made to: started as a program, its scenario an argument.

fake_opencode.py SCENARIO serve … --port=PORT
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SESSION = "ses_1"
prompted, aborted = threading.Event(), threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        if self.path.startswith("/event"):
            self.start_stream()
            self.tell("server.connected")
            prompted.wait()
            SCENARIOS[SCENARIO](self)
        else:
            self.answer(200, json.dumps({SESSION: {"type": "busy"}} if is_busy() else {}))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        path = self.path.partition("?")[0]
        if path.endswith("/prompt_async"):
            if SCENARIO == "refuses":
                self.answer(400, json.dumps({"name": "BadRequest", "data": {"message": "the schema is not liked"}}))
                return
            prompted.set()
        if path.endswith("/abort"):
            aborted.set()
        self.answer(200, BODIES.get(SCENARIO, json.dumps({"id": SESSION})))

    def do_DELETE(self) -> None:
        self.answer(200, "true")

    def answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def start_stream(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()

    def tell(self, kind: str, **properties: object) -> None:
        event = {"type": kind, "properties": {"sessionID": SESSION, **properties}}
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

    def tell_part(self, kind: str, **fields: object) -> None:
        part = {"id": f"{kind}-{time.monotonic_ns()}", "messageID": "m", "type": kind, **fields}
        self.tell("message.part.updated", part=part)

    def tell_answer(self) -> None:
        self.tell_part("text", text="Done.", time={"end": 1})
        self.tell_part("step-finish", reason="stop", tokens={"input": 5})
        self.tell("session.status", status={"type": "idle"})


def is_busy() -> bool:
    return SCENARIO in ("stubborn", "cut") and not (SCENARIO == "cut" and aborted.is_set())


def cut(http: Handler) -> None:
    """End the stream in the middle of an event."""
    http.tell("session.status", status={"type": "busy"})
    http.tell_part("step-finish", reason="tool-calls", tokens={"input": 5})
    http.wfile.write(b'data: {"type": "message.pa')


def stubborn(http: Handler) -> None:
    """Go on whatever happens."""
    http.tell("session.status", status={"type": "busy"})
    threading.Event().wait()


def noise(http: Handler) -> None:
    """Tell what is no event, much too long, of others or of another shape before the answer."""
    for data in (b"{", b"[]", b"null", b'"x"', b"[" * 100_000, b'{"type": 1}', b'{"type": "x", "properties": []}'):
        http.wfile.write(b"data: " + data + b"\n\n: comment\nevent: x\n\n")
    for _ in range(30):
        http.wfile.write(b"data: " + b"x" * 1024 * 1024)
    http.wfile.write(b"\n\n")
    for part in ([], {"type": "text"}, {"type": "text", "time": 1}, {"type": "tool", "state": []}, {"type": 5}):
        http.tell("message.part.updated", part=part)
    http.tell("session.status", status={"type": "retry", "attempt": "many"})
    http.tell("session.idle", sessionID="ses_2")
    http.tell_answer()


def flood(http: Handler) -> None:
    """Tell the same for ever."""
    while not aborted.is_set():
        http.tell_part("text", text="x", time={"end": 1})
    http.tell("session.status", status={"type": "idle"})


def silent(http: Handler) -> None:
    """Meet an error and never say that it is the end."""
    http.tell("session.error", error={"name": "UnknownError", "data": {"message": "what went wrong"}})
    http.tell("session.error", error={"name": "UnknownError", "data": {"message": "a trace of what went wrong"}})
    threading.Event().wait()


SCENARIOS: Mapping[str, Callable[[Handler], None]] = {
    "cut": cut,
    "stubborn": stubborn,
    "noise": noise,
    "flood": flood,
    "silent": silent,
    "refuses": stubborn,
}
BODIES = {"malformed": "{", "huge": "x" * 20 * 1024 * 1024, "nameless": "{}", "list": "[]"}
SCENARIO = sys.argv[1] if len(sys.argv) > 1 else ""

if __name__ == "__main__":
    port = next(int(argument.partition("=")[2]) for argument in sys.argv if argument.startswith("--port="))
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(f"opencode server listening on http://127.0.0.1:{port}", flush=True)
    server.serve_forever()
