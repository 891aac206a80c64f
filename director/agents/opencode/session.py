"""One call: a session of the server, followed by its events to its end, and ended by us where it may not go on.

An end by us is an abort, and the session is waited for until it is idle; a server that does not obey is ended.
"""

import json
import time
from contextlib import suppress
from typing import BinaryIO

from director.agents.driving.driven import FAULTS, stopped
from director.agents.driving.endings import Ending, tail
from director.agents.driving.watch import Fault, Watch
from director.agents.opencode.client import ServerError
from director.agents.opencode.events import Events
from director.agents.opencode.follower import Follower, Item
from director.agents.opencode.program import explained
from director.agents.opencode.server import Server
from director.agents.opencode.translation import ServerEvent, line_of
from director.agents.protocol import Request
from director.core.calls import End
from director.core.errors import Interrupted
from director.shell import processes
from director.shell.processes import Ended

ABORT_SECONDS = 15.0
"""A session that goes on for longer after its abort is ended with the server."""
QUIET_SECONDS = 1.0
"""After an error a session goes on, or is over without a word: when it is quiet for so long, it is asked."""
RETRIES = 3
"""So many refusals in a row are left to OpenCode. Of other failures it bears five, within a minute."""
LONG_WAIT = 10.0
"""A wait for a provider that is longer is not left to OpenCode."""
_MOST_RETRIES = 6


class Session:
    """One call's session."""

    def __init__(self, server: Server, request: Request, reading: Events, transcript: BinaryIO) -> None:
        self._server = server
        self._request = request
        self._reading = reading
        self._transcript = transcript
        self._watch = Watch(reading, request.spent, request.note)
        self._follower = Follower(server, request)
        self._started = self._changed = time.monotonic()
        self._lines = 0
        self._is_begun = False
        """Whether the session is known to work, or to have worked."""
        self._is_over = False
        self._has_failed = False
        """Whether an error was the last that was told; what follows it is its echo."""

    def run(self) -> Ending:
        """Ask the agent and return how the call ended. Raises Interrupted if director is to stop."""
        try:
            return self._attend()
        finally:
            if not (self._is_over or self._abort()):
                self._server.service.end()
            self._forget()

    def _attend(self) -> Ending:
        while True:
            item = self._follower.hear(processes.POLL_SECONDS)
            if processes.is_stopping():
                raise Interrupted("director was asked to stop")
            self._server.service.look()
            ending = self._judge(item) or self._limit()
            if ending:
                return ending

    def _judge(self, item: Item | None) -> Ending | None:
        """Return how the call ended, if it did with what was heard, or if it is to be ended for it."""
        if isinstance(item, ServerError):
            return self._broken(item)
        if item is None:
            self._is_over = self._has_failed and self._is_quiet and self._is_idle()
        else:
            self._note(item)
        if self._is_over:
            return self._verdict()
        return FAULTS[self._watch.fault] if self._watch.fault else self._give_up(item)

    def _note(self, event: ServerEvent) -> None:
        """Write the line of an event into the transcript, and read it as it will be read there."""
        self._changed = time.monotonic()
        if status := event.status:
            self._is_over = status.type == "idle"
            self._is_begun = True
        line = line_of(event)
        if line is None or (event.is_error and self._has_failed) or self._watch.fault is Fault.FLOOD:
            return
        self._has_failed = event.is_error
        self._is_begun |= not event.is_error
        written = json.dumps(line, ensure_ascii=False).encode(errors="replace") + b"\n"
        self._transcript.write(written)
        self._watch.read(written)
        self._lines += 1
        if self._lines > self._reading.most_lines or self._transcript.tell() > processes.MAX_OUTPUT_BYTES:
            self._watch.fault = Fault.FLOOD

    def _give_up(self, event: ServerEvent | None) -> Ending | None:
        """Return what a failure comes to that OpenCode is not to try again."""
        retry, status = self._reading.retry, event.status if event else None
        if retry is None or status is None or status.type != "retry":
            return None
        is_refusal = retry.end is End.RATE_LIMITED
        is_long = is_refusal and (retry.retry_after or 0.0) > LONG_WAIT
        return retry if is_long or status.attempt >= (RETRIES if is_refusal else _MOST_RETRIES) else None

    def _limit(self) -> Ending | None:
        now, limits, retry = time.monotonic(), self._request.limits, self._reading.retry
        last_error = retry.detail if retry else ""
        if now - self._started > limits.wall:
            return stopped(Ended.TIMEOUT, self._request, last_error, retry)
        if limits.idle is not None and now - self._changed > limits.idle:
            return stopped(Ended.IDLE, self._request, last_error, retry)
        return None

    def _verdict(self) -> Ending:
        """Judge a session that came to its end."""
        if failure := self._reading.failure:
            return explained(failure, tail(self._server.service.output))
        return Ending(End.DONE) if self._reading.is_answered else Ending(End.ERROR, "no answer: it gave no reason")

    def _broken(self, error: ServerError) -> Ending:
        """Say what became of a call whose server refused it, or does not answer any more."""
        if self._server.service.ended_within(QUIET_SECONDS):
            self._is_over = True
            return Ending(End.ERROR, self._server.describe_end())
        return explained(Ending(End.ERROR, error.message), tail(self._server.service.output))

    @property
    def _is_quiet(self) -> bool:
        return time.monotonic() - self._changed > QUIET_SECONDS

    def _is_idle(self) -> bool:
        """Ask the server whether the session does nothing; where it does not answer, that is not known."""
        try:
            sessions = self._server.client.get("/session/status", self._request.directory, seconds=ABORT_SECONDS)
        except ServerError:
            return not self._server.service.is_running
        status = sessions.get(self._follower.session, {}) if isinstance(sessions, dict) else None
        return status in ({}, {"type": "idle"})

    def _abort(self) -> bool:
        """End what the session does; what it still tells counts. Tell whether it is at rest."""
        until = time.monotonic() + ABORT_SECONDS
        if not self._follower.ask_no_more(ABORT_SECONDS):
            return False
        self._is_over, is_aborted = not self._follower.has_asked, False
        while not self._is_over and time.monotonic() < until:
            if self._is_begun and not is_aborted:  # before it has begun there is nothing that could be aborted
                is_aborted = self._send_abort()
            item = self._follower.hear(processes.POLL_SECONDS)
            if isinstance(item, ServerEvent):
                self._note(item)
            elif not self._is_idle():
                self._is_begun = True
            else:
                self._is_over = is_aborted or self._has_failed or not self._server.service.is_running
        return self._is_over

    def _send_abort(self) -> bool:
        path = f"/session/{self._follower.session}/abort"
        try:
            self._server.client.post(path, self._request.directory, {}, seconds=ABORT_SECONDS)
        except ServerError:
            return False
        return True

    def _forget(self) -> None:
        """Leave the server alone, and nothing of the session in it."""
        if not self._follower.close(ABORT_SECONDS):
            self._server.service.end()
        if self._follower.session and self._server.service.is_running:
            with suppress(ServerError):  # it is at rest, and goes with the server at last
                path = f"/session/{self._follower.session}"
                self._server.client.delete(path, self._request.directory, seconds=ABORT_SECONDS)
