"""OpenCode (https://opencode.ai), one `opencode serve` for all calls of a run.

The server is started with the first call. A server that has ended is started again for the next one. What the agent's
file decides (config.py) decides here too; exit statuses do not exist. The user's own OpenCode is left alone (home.py).
"""

import threading
import time
from contextlib import ExitStack

from director.agents.driving.driven import reply_of
from director.agents.opencode.program import OpenCodeProgram
from director.agents.opencode.project import put_aside
from director.agents.opencode.server import Server, start_server
from director.agents.opencode.session import Session
from director.agents.protocol import Request, Surroundings
from director.core.calls import Reply
from director.core.errors import Interrupted
from director.shell import processes


class OpenCodeServe(OpenCodeProgram):
    """The backend `opencode` in the mode `serve`."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._starting = threading.Lock()
        self._server: Server | None = None
        self._running = ExitStack()
        """Ends the server and takes its directory away."""

    def ask(self, request: Request) -> Reply:
        """Hold one session. Raises ConfigError if the server cannot be started, AgentError if it does not come up."""
        self.check(request.tier)
        started = time.monotonic()
        request.log_directory.mkdir(parents=True, exist_ok=True)
        (request.log_directory / "stderr.txt").unlink(missing_ok=True)
        reading = self.reading(request.directory)
        with (
            self.private_directory() as private,
            put_aside(request.directory, private / "aside"),
            (request.log_directory / "transcript.jsonl").open("wb", buffering=0) as transcript,
        ):
            server = self._running_server()
            with server.guest(request):
                ending = Session(server, request, reading, transcript).run()
        return reply_of(reading, ending, seconds=time.monotonic() - started)

    def close(self) -> None:
        """End the server."""
        with self._starting:
            self._end()

    def _running_server(self) -> Server:
        """Return the server; start it if there is none, or none any more."""
        with self._starting:
            if processes.is_stopping():
                raise Interrupted("director was asked to stop")
            if self._server is None or not self._server.service.is_running:
                self._end()
                self._server = self._start()
            return self._server

    def _start(self) -> Server:
        path = self.find()
        with ExitStack() as running, self.program.startable(path):
            root = running.enter_context(self.private_directory("server-"))
            server = start_server(path, self._surroundings, root)
            running.callback(server.service.end)
            self._running = running.pop_all()
            return server

    def _end(self) -> None:
        self._server = None
        self._running.close()
