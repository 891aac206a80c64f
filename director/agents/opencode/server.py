"""One OpenCode server: how it is started, what it is told, and who its guests are.

It listens on loopback, on a port of its own, and asks for a password that is made for it and is nowhere but in its
environment and in our memory; commands that agents run do not inherit it.

OpenCode makes an instance for each directory and reads settings and agents when it does. Instances are kept: making one
costs more than a short call, and disposing of it gives back less than it took. So an agent is named by its content, and
the instance of a directory is made anew only where it does not know an agent yet. A name that is not known is an error.
"""

import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from director.agents.driving.endings import tail
from director.agents.opencode.client import HOST, Client
from director.agents.opencode.config import key_variables, render_config, write_agent
from director.agents.opencode.home import PASSWORD, Home, inherited_environment
from director.agents.opencode.program import last_error
from director.agents.opencode.table import Table
from director.agents.protocol import Request, Surroundings
from director.core.config.settings import Sampling
from director.core.errors import AgentError, Interrupted
from director.shell import processes
from director.shell.environment import MARK
from director.shell.services import Service

START_SECONDS = 120.0
LOOK_SECONDS = 0.05
NOBODY = "director-nobody"
"""The default agent: there is none."""
_LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True)
class Server:
    """A server that was started; it may have ended meanwhile."""

    client: Client
    service: Service
    home: Home
    table: Table
    known: dict[Path, set[str]] = field(default_factory=dict)
    """The agents that the instance of a directory knows."""
    preparing: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def guest(self, request: Request) -> Iterator[None]:
        """Let commands run for a call meanwhile, and end what is left of them."""
        mark = f"{request.mark}/{uuid4().hex}"
        with self.service.guest(mark), self.table.entry(request.directory, {MARK: mark, **request.environment}):
            yield

    def agent(self, request: Request) -> str:
        """Return the name of the call's agent, which the instance of its directory knows. Raises ServerError."""
        with self.preparing:
            name = write_agent(self.home.agents, request.role, request.sampling)
            there = {path.stem for path in self.home.agents.glob("*.md")}
            known = self.known.get(request.directory)
            self.known[request.directory] = known or there
        if known is not None and name not in known:
            self.client.post("/instance/dispose", request.directory, {})
            self.known[request.directory] = there
        return name

    def describe_end(self) -> str:
        """Say how it ended, with its own last words."""
        reason = last_error(tail(self.service.output)) or "it gave no reason"
        return f"the OpenCode server ended (exit status {self.service.exit_code}): {reason}"


def start_server(path: str, surroundings: Surroundings, root: Path) -> Server:
    """Start a server whose private directory is `root`.

    Raises OSError if the program cannot be started, AgentError with its own words if it does not come up, and
    Interrupted if director is to stop.
    """
    options = surroundings.options
    home, table = Home(root, surroundings.state_directory / "state"), Table(root / "calls.sh")
    inherited = inherited_environment(key_variables(options))
    home.furnish(inherited, table=table.path)
    for role in surroundings.roles().values():
        write_agent(home.agents, role, Sampling())
    password = secrets.token_urlsafe(32)
    config = render_config(options, surroundings.tiers, NOBODY, home.shell)
    service = Service(
        [path, "serve", "--pure", "--print-logs", "--log-level=ERROR", f"--hostname={HOST}", f"--port={_free_port()}"],
        cwd=root,
        env={**home.environment(inherited, config), PASSWORD: password, **surroundings.environment()},
        output=surroundings.state_directory / "server.log",
        mark=surroundings.mark,
    )
    try:
        return Server(Client(_port(service), password), service, home, table)
    except BaseException:
        service.end()
        raise


def _port(service: Service) -> int:
    """Wait until the server says where it listens."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if processes.is_stopping():
            raise Interrupted("director was asked to stop")
        is_running = service.is_running
        if found := _LISTENING.search(tail(service.output)):
            return int(found[1])
        if not is_running:
            break
        time.sleep(LOOK_SECONDS)
    reason = last_error(tail(service.output)) or "it gave no reason"
    happened = "does not come up" if service.is_running else f"ended at once (exit status {service.exit_code})"
    raise AgentError(f"the OpenCode server {happened}: {reason}", hint=f"see {service.output}")


def _free_port() -> int:
    """Return a port that is free now: left alone, OpenCode takes 4096, where the user's own server may want to be."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
