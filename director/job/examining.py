"""Look at the agents of a configuration, and ask them, without a job: for `director doctor` and `director models`.

Everything that backends keep goes into a scratch directory: a job that is worked on meanwhile is not touched.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

from director.agents.protocol import Backend, Closes, Examines, OffersModels, Request, Standing, Surroundings
from director.agents.registry import find_backend
from director.core.calls import CallKey, Reply, RoleDefinition
from director.core.config.settings import BackendOptions
from director.core.errors import ConfigError
from director.core.roles import Permission, Role
from director.core.tiers import Tier
from director.git.new import make_repository
from director.job.work import attended
from director.prompts.roles import load_roles
from director.shell.processes import Limits
from director.shell.scratch import scratch_directory

TRIAL = RoleDefinition(
    name=Role.EXPLORER,
    description="Answers one question",
    permissions=frozenset({Permission.READ}),
    instructions="You answer with one word. You use no tool.",
)
QUESTION = "Answer with this one word: ready"
LIMITS = Limits(wall=120, idle=90)
"""How long a tier has for its word: a program has to start, and a local model may have to be loaded."""


@dataclass(frozen=True)
class Examiner:
    """The backends that a configuration names, each made once."""

    options: dict[str, BackendOptions]
    repository: Path
    tiers: Sequence[Tier]
    scratch: Path
    mark: str
    _backends: dict[str, Backend] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def examine(self, tier: Tier) -> Standing:
        """Look at what would play a tier. Raises ConfigError or AgentError for what is missing."""
        backend = self._backend(tier.backend)
        if isinstance(backend, Examines):
            return backend.examine(tier)
        backend.check(tier)
        return Standing()

    def try_out(self, tier: Tier) -> Reply:
        """Ask a tier for one word, as a role that only reads, in an empty repository."""
        place = Path(mkdtemp(dir=self.scratch))
        (place / "repository").mkdir()
        (place / "repository" / "README.md").write_text("An empty project.\n", encoding="utf-8")
        make_repository(place / "repository", message="nothing")
        request = Request(
            key=CallKey(role=TRIAL.name, task="doctor"),
            tier=tier,
            role=TRIAL,
            prompt=QUESTION,
            directory=place / "repository",
            log_directory=place / "log",
            limits=LIMITS,
            mark=self.mark,
        )
        return self._backend(tier.backend).ask(request)

    def can_list(self, name: str) -> bool:
        """Tell whether a backend lists its models, or cannot be had at all, which `models` tells."""
        try:
            return isinstance(self._backend(name), OffersModels)
        except ConfigError:
            return True

    def models(self, name: str) -> list[Tier]:
        """Return what a backend offers. Raises ConfigError if it cannot tell, or if something is missing."""
        backend = self._backend(name)
        if isinstance(backend, OffersModels):
            return [Tier(backend=name, model=model) for model in backend.models()]
        raise ConfigError(
            f"the backend '{name}' cannot list its models", hint=f"a tier is written {name}:MODEL all the same"
        )

    def close(self) -> None:
        """End what backends keep running."""
        for backend in self._backends.values():
            if isinstance(backend, Closes):
                backend.close()

    def _backend(self, name: str) -> Backend:
        with self._making:
            if name not in self._backends:
                surroundings = Surroundings(
                    options=self.options.get(name, BackendOptions()),
                    repository=self.repository,
                    state_directory=self.scratch / "backends" / name,
                    roles=lambda: load_roles() | {TRIAL.name: TRIAL},
                    tiers=tuple(tier for tier in self.tiers if tier.backend == name),
                    mark=self.mark,
                )
                self._backends[name] = find_backend(name)(surroundings)
            return self._backends[name]


@contextmanager
def examining(options: dict[str, BackendOptions], tiers: Sequence[Tier], *, repository: Path) -> Iterator[Examiner]:
    """Make backends, and leave nothing of them behind."""
    mark = f"doctor-{uuid4().hex}"
    with scratch_directory() as scratch, attended(mark):
        examiner = Examiner(options, repository, tiers, Path(scratch), mark)
        try:
            yield examiner
        finally:
            examiner.close()
