"""A repository and a backend that works on it, for tests that drive a real program."""

import hashlib
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from director.agents.driving.headless import Headless
from director.agents.protocol import Request, Surroundings
from director.core.calls import CallKey, Reply
from director.core.config.settings import BackendOptions
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.environment import without_secrets
from director.shell.processes import Limits
from tests.agents.model_server import ModelServer
from tests.agents.programs import argv_of


@dataclass
class Bench:
    """A repository with a file and a secret, and a backend whose endpoint `local` is the model server."""

    backend_class: Callable[[Surroundings], Headless]
    name: str
    server: ModelServer
    base_url: str
    root: Path
    changed: Mapping[str, Any] = field(default_factory=dict)
    """What is otherwise in the backend's options."""

    mark: str = field(default_factory=lambda: f"job/{uuid4().hex}")

    def __post_init__(self) -> None:
        self.server.asked.clear()
        self.repository.mkdir()
        (self.repository / "a.txt").write_text("a\n")
        (self.repository / ".env").write_text("SECRET=1\n")
        processes.capture(["git", "init", "--quiet"], cwd=self.repository, env=without_secrets())

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def program(self) -> str:
        argv = argv_of(self.name)
        assert argv
        return argv[0] if len(argv) == 1 else self._started_by(argv)

    def _started_by(self, argv: Sequence[str]) -> str:
        starter = self.root / "starter"
        starter.write_text(f'#!/bin/sh\nexec {shlex.join(argv)} "$@"\n')
        starter.chmod(0o755)
        return str(starter)

    @property
    def options(self) -> BackendOptions:
        provider = {"local": {"base_url": self.base_url}}
        return BackendOptions.model_validate({"command": self.program, "provider": provider, **self.changed})

    @property
    def backend(self) -> Headless:
        return self.backend_class(Surroundings(self.options, self.repository, self.root / "state", load_roles))

    def request(self, model: str, role: Role = Role.EXECUTOR) -> Request:
        return Request(
            key=CallKey(role=role, task="run:parser"),
            tier=parse_tier(f"{self.name}:local/{model}"),
            role=load_roles()[role],
            prompt="Please do it.",
            directory=self.repository,
            log_directory=self.logs,
            limits=Limits(wall=60, idle=30),
            mark=self.mark,
        )

    def ask(self, model: str, role: Role = Role.EXECUTOR) -> Reply:
        return self.backend.ask(self.request(model, role))

    def wrap(self, script: str) -> None:
        """Put a script before the program: it ends with `exec` of it."""
        wrapper = self.root / "wrapper"
        wrapper.write_text(f'#!/bin/sh\n{script}\nexec {self.program} "$@"\n')
        wrapper.chmod(0o755)
        self.changed = {**self.changed, "command": str(wrapper)}

    def left_running(self) -> list[object]:
        return list(processes.marked_processes(self.mark))

    def left_behind(self) -> list[Path]:
        return list((self.root / "state" / "calls").iterdir())

    def logged(self) -> str:
        return "".join(path.read_text() for path in self.logs.iterdir())


def content_of(directory: Path) -> dict[str, str]:
    """Digest every file but git's own."""
    files = [path for path in directory.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
