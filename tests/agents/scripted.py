"""A backend whose program is a script: what it is told, and how its end is judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from director.agents.driving.headless import Headless
from director.agents.protocol import Request, Surroundings
from director.core.calls import CallKey, Reply
from director.core.config.settings import BackendOptions, Sampling
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell.processes import Limits


@dataclass
class Scripted:
    """A repository, and a place for programs."""

    backend_class: Callable[[Surroundings], Headless]
    root: Path
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.repository.mkdir()

    @property
    def repository(self) -> Path:
        """Where the agent works."""
        return self.root / "repository"

    @property
    def logs(self) -> Path:
        """The log directory of the call."""
        return self.root / "logs"

    def program(self, script: str, name: str = "program") -> str:
        """Write a program, and return its path."""
        path = self.root / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    @property
    def backend(self) -> Headless:
        """The backend."""
        options = BackendOptions.model_validate(self.options)
        return self.backend_class(Surroundings(options, self.repository, self.root / "state", load_roles))

    def request(self, tier: str, role: Role = Role.EXECUTOR, *, limits: Limits | None = None) -> Request:
        """Return a request with a temperature."""
        return Request(
            key=CallKey(role=role, task="run:parser"),
            tier=parse_tier(tier),
            role=load_roles()[role],
            prompt="Please @a.txt.",
            directory=self.repository,
            log_directory=self.logs,
            limits=limits or Limits(wall=30),
            mark=f"job/{self.root.name}",
            sampling=Sampling(temperature=0.25, top_p=0.5),
        )

    def play(self, tier: str, script: str, role: Role = Role.EXECUTOR, *, limits: Limits | None = None) -> Reply:
        """Make a call of a script."""
        self.options = {**self.options, "command": self.program(script)}
        return self.backend.ask(self.request(tier, role, limits=limits))
