"""A repository and a backend that works on it, for the tests that drive the real programs."""

import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path

from director.agents.driving.headless import Headless
from director.agents.protocol import Request, Surroundings
from director.core.calls import CallKey, Reply
from director.core.config.settings import BackendOptions, Sampling
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.processes import Limits
from tests.agents.model_server import ModelServer
from tests.agents.programs import argv_of


def write_program(path: Path, script: str) -> str:
    """Write a shell script that can be started, and return its path."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@dataclass
class Bench:
    """A repository with one file, and a backend whose provider `local` is the model server."""

    kind: type[Headless]
    server: ModelServer
    root: Path
    options: BackendOptions = field(default_factory=BackendOptions)

    @classmethod
    def create(cls, kind: type[Headless], server: ModelServer, root: Path, *, base_url: str) -> "Bench":
        """Make one with the program that is installed."""
        (root / "repository").mkdir()
        (root / "repository" / "a.txt").write_text("a\n")
        command = write_program(root / "program", f'exec {shlex.join(argv_of(kind.name) or [])} "$@"')
        server.asked.clear()
        return cls(kind, server, root, BackendOptions(command=command, provider={"local": {"base_url": base_url}}))

    @property
    def repository(self) -> Path:
        """Where the agent works."""
        return self.root / "repository"

    @property
    def logs(self) -> Path:
        """The call's log directory."""
        return self.root / "logs"

    @property
    def backend(self) -> Headless:
        """The backend."""
        return self.kind(Surroundings(self.options, self.repository, self.root / "state", load_roles))

    @property
    def left(self) -> set[str]:
        """The files of the repository."""
        return {str(path.relative_to(self.repository)) for path in self.repository.rglob("*") if path.is_file()}

    def request(self, model: str, role: Role = Role.EXECUTOR, *, prompt: str = "Please do it.") -> Request:
        """Return a request; a model without a provider is one of the server."""
        return Request(
            key=CallKey(role=role, task="run:parser"),
            tier=parse_tier(f"{self.kind.name}:{model if '/' in model else f'local/{model}'}"),
            role=load_roles()[role],
            prompt=prompt,
            directory=self.repository,
            log_directory=self.logs,
            limits=Limits(wall=120, idle=60),
            mark=f"job/{self.root.name}",
        )

    def ask(self, model: str, role: Role = Role.EXECUTOR, **more: object) -> Reply:
        """Make a call; `more` are fields of the request."""
        return self.backend.ask(replace(self.request(model, role), **more))  # type: ignore[arg-type]

    def left_running(self) -> list[object]:
        """What a call left behind."""
        return list(processes.marked_processes(f"job/{self.root.name}"))

    def logged(self) -> str:
        """All that a call wrote into its log directory."""
        return "".join(path.read_text() for path in self.logs.iterdir())


def asked_of(server: ModelServer) -> object:
    """What the model was sent last."""
    return server.asked[-1].body


SAMPLING = Sampling(temperature=0.3, top_p=0.5)
