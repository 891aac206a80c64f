"""A session of a server and the thread that talks to it, so that nobody else ever waits for the server."""

import queue
import threading
from collections.abc import Mapping
from typing import Any

from director.agents.driving.loose import read_line
from director.agents.opencode.client import RefusedError, ServerError, Stream
from director.agents.opencode.events import STRUCTURED
from director.agents.opencode.server import Server
from director.agents.opencode.translation import ServerEvent
from director.agents.protocol import Request
from director.shell import processes

_INBOX = 1000

Item = ServerEvent | ServerError
"""What is heard: events of the session, and at the end why there are no more."""


class Follower:
    """Makes a session, asks its agent, and hears what comes of it."""

    def __init__(self, server: Server, request: Request) -> None:
        self._server = server
        self._request = request
        self._inbox: queue.Queue[Item] = queue.Queue(_INBOX)
        self._is_asking_over = threading.Event()
        self._is_over = threading.Event()
        self._asking = threading.Lock()
        """Held while the agent is asked: afterwards it is known whether it was."""
        self._stream: Stream | None = None
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self.session = ""
        """The session's name; empty until it is made."""
        self.has_asked = False
        """Whether the agent may have been asked."""
        self._thread.start()

    def hear(self, seconds: float) -> Item | None:
        """Return what is heard next; None if there is nothing for so long."""
        try:
            return self._inbox.get(timeout=seconds)
        except queue.Empty:
            return None

    def ask_no_more(self, seconds: float) -> bool:
        """See to it that the agent is not asked from now on; tell whether it is certain within so many seconds."""
        self._is_asking_over.set()
        if not self._asking.acquire(timeout=seconds):
            return False
        self._asking.release()
        return True

    def close(self, seconds: float) -> bool:
        """Listen no longer; tell whether the server is left alone within so many seconds."""
        self._is_asking_over.set()
        self._is_over.set()
        if self._stream:
            self._stream.close()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _follow(self) -> None:
        end = ServerError("the OpenCode server closed the connection")
        try:
            self._listen()
        except ServerError as error:
            end = error
        except OSError as error:
            end = ServerError(f"the OpenCode server cannot be used: {error}")
        finally:
            self._put(end)

    def _listen(self) -> None:
        client, directory = self._server.client, self._request.directory
        agent = self._server.agent(self._request)
        with client.events(directory) as stream:
            self._stream = stream
            events = stream.events()
            next(events, b"")  # from now on it tells everything
            self.session = _name_of(client.post("/session", directory, _session(self._request, agent)))
            self._ask(agent)
            for line in events:
                event = read_line(line, ServerEvent)
                if event and event.session == self.session:
                    self._put(event)

    def _ask(self, agent: str) -> None:
        with self._asking:
            if self._is_asking_over.is_set():
                return
            try:
                self.has_asked = True
                path = f"/session/{self.session}/prompt_async"
                self._server.client.post(path, self._request.directory, _message(self._request, agent))
            except RefusedError:
                self.has_asked = False
                raise

    def _put(self, item: Item) -> None:
        while not self._is_over.is_set():
            try:
                self._inbox.put(item, timeout=processes.POLL_SECONDS)
                break
            except queue.Full:
                continue


def _name_of(created: Any) -> str:
    match created:
        case {"id": str(name)}:
            return name
        case _:
            raise ServerError("the OpenCode server does not say which session it made")


def _session(request: Request, agent: str) -> Mapping[str, Any]:
    """Return what the server makes a session of; as it has a title, no model is asked for one."""
    rule = {"permission": STRUCTURED, "pattern": "*", "action": "allow"}
    return {"title": str(request.key), "agent": agent, "permission": [rule] if request.output else []}


def _message(request: Request, agent: str) -> Mapping[str, Any]:
    provider, _, model = request.tier.model.partition("/")
    output = {"format": {"type": "json_schema", "schema": request.output}} if request.output else {}
    return {
        "agent": agent,
        "model": {"providerID": provider, "modelID": model},
        "parts": [{"type": "text", "text": request.prompt}],
        **output,
    }
