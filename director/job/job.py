"""The job as one value: what every stage is given."""

import hashlib
import os
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import platformdirs

from director.agents.protocol import Backend, Closes, Surroundings
from director.agents.registry import find_backend
from director.artifacts.bench import trial_of
from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model
from director.core.artifacts import JobIdentity
from director.core.calls import RoleDefinition
from director.core.config.settings import BackendOptions, Config
from director.core.errors import ConfigError
from director.core.events import Note, Tell
from director.core.landed import Landed, in_effect
from director.core.likeness import TEMPORARY, WORKTREES, prompt_digest, timeless
from director.core.plan.node import Node
from director.core.roles import Role
from director.core.tiers import Tier
from director.git import included
from director.git.guard.guard import Guard
from director.git.pool import Pool
from director.git.repository import Repository
from director.job.branch import JobBranch
from director.job.ledger import Ledger
from director.job.measures import Measures
from director.job.providing import WorktreeProvider
from director.job.ratelimits import RateLimits
from director.job.recording import Recording
from director.job.spans import Spans
from director.prompts.roles import load_roles
from director.shell import environment, processes
from director.shell.processes import Finished, Limits
from director.shell.startup import StartupFiles


class Approvals(StrEnum):
    """Who opens the gates of planning."""

    HUMAN = "human"
    CRITIQUE = "critique"
    AUTO = "auto"


def silent(_: object) -> None:
    """Tell nobody."""


def worktrees_of(job_id: str) -> Path:
    """Return where a job's worktrees are: in the user's cache directory."""
    return Path(platformdirs.user_cache_path("director")) / job_id


@dataclass(frozen=True)
class Job:
    """Repository, configuration, artifacts and agents. What is costly to make is made when it is first needed."""

    repository: Repository
    directory: JobDirectory
    config: Config
    approvals: Approvals = Approvals.HUMAN
    tell: Tell = silent
    checkout: Path | None = None
    """Where worktrees get copies of untracked files from; by default the repository's own checkout."""
    record: Path | None = None
    """The cassette in which every call is recorded."""
    run_id: str = field(default_factory=lambda: uuid4().hex[:12])
    landing: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """Held from reading the tip to moving it."""
    nodes: dict[str, Node] = field(default_factory=dict, repr=False)
    """The slices of the plan that this run builds: what stands in their files meanwhile does not count."""
    _making: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _backends: dict[str, Backend] = field(default_factory=dict, repr=False)
    _pools: dict[str, Pool] = field(default_factory=dict, repr=False)
    _guards: dict[str, tuple[Guard, StartupFiles]] = field(default_factory=dict, repr=False)

    @cached_property
    def identity(self) -> JobIdentity:
        """What job.json says. Raises ConfigError if there is no job."""
        identity = read_model(self.directory.identity, JobIdentity)
        if identity is None:
            raise ConfigError("there is no job here yet", hint='start one: director plan "what you want done"')
        return identity

    @property
    def mark(self) -> str:
        """The mark of every process that this run starts: the job directory's digest, then the run."""
        return f"{self.family}/{self.run_id}"

    @cached_property
    def family(self) -> str:
        """The mark that all runs of this job directory share."""
        return hashlib.sha256(str(self.directory.path.resolve()).encode()).hexdigest()[:16]

    @cached_property
    def ledger(self) -> Ledger:
        """What was spent."""
        return Ledger(self.directory, ceiling=self.config.limits.cost_ceiling_usd)

    @cached_property
    def recording(self) -> Recording | None:
        """Where calls are recorded; None if they are not."""
        return Recording(self.record, repository=self.repository, note=self.note) if self.record else None

    @cached_property
    def spans(self) -> Spans:
        """What takes time."""
        return Spans(self.directory.spans, job=lambda: self.identity.id, run=self.run_id)

    @cached_property
    def measures(self) -> Measures:
        """What was measured."""
        return Measures(self.directory, self.ledger)

    @cached_property
    def rate_limits(self) -> RateLimits:
        """Who waits for which tier."""
        return RateLimits(longest=self.config.limits.rate_limit_wait_secs)

    @cached_property
    def branch(self) -> JobBranch:
        """The job's branch."""
        return JobBranch(self.repository, self.identity, note=self.note)

    @cached_property
    def roles(self) -> Mapping[Role, RoleDefinition]:
        """Role definitions, the user's own first."""
        return load_roles(self.directory.overrides / "roles")

    @property
    def pool(self) -> Pool:
        """Worktrees, in the user's cache directory."""
        with self._making:
            if self.identity.id not in self._pools:
                self._pools[self.identity.id] = Pool(self.repository, self.cache, provider=self._provider())
            return self._pools[self.identity.id]

    def _provider(self) -> WorktreeProvider | None:
        """Return what fills worktrees; None where nobody asks for anything."""
        options, root = self.config.worktree, self.checkout or self.repository.root
        if not (options.setup or options.link or included.is_there(root)):
            return None
        return WorktreeProvider(
            self.repository,
            options,
            base=self.identity.base,
            checkout=root,
            cache=self.cache,
            directory=self.directory,
            note=self.note,
            run=self.run_command,
        )

    def close_pool(self) -> None:
        """Remember what worktrees hold, when no agent works any more; the next use begins anew."""
        with self._making:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()
            self.repository.close()

    @property
    def guard(self) -> Guard:
        """What of the user's repository only the user may change, as it stood when it was first asked for."""
        return self._watched[0]

    @property
    def _watched(self) -> tuple[Guard, StartupFiles]:
        with self._making:
            if self.identity.id not in self._guards:
                keep, own = f"{self.identity.kept_refs}foreign/", ("refs/heads/director/", "refs/director/")
                guard = Guard(self.repository, own=own, aside=self.cache / "guard", keep=keep)
                startup = StartupFiles(self.cache / "startup", slots=self.cache, environment=os.environ)
                self._guards[self.identity.id] = (guard, startup)
            return self._guards[self.identity.id]

    def look_after_repository(self, task: str = "") -> None:
        """Put back what an agent or a test changed of the user's repository and startup files, and tell of it."""
        guard, startup = self._watched
        for intrusion in (*startup.check(), *guard.check()):
            self.note(str(intrusion), task=task)

    def run_command(self, command: str, *, directory: Path, output: Path, seconds: float) -> Finished:
        """Run a shell command of the user or of the plan; it sees no secrets of the environment."""
        output.parent.mkdir(parents=True, exist_ok=True)
        finished = processes.run(
            processes.shell_argv(command),
            cwd=directory,
            env=environment.without_secrets() | self.guard.trace_environment(),
            output=output,
            limits=Limits(wall=seconds),
            mark=self.mark,
        )
        self.look_after_repository()
        return finished

    @property
    def cache(self) -> Path:
        """Where the job's worktrees are."""
        return worktrees_of(self.identity.id)

    def prompt_digest(self, prompt: str) -> str:
        """Return the digest of a prompt without what differs from run to run."""
        return prompt_digest(prompt, self._places)

    def timeless(self, prompt: str) -> str:
        """Return a prompt without what differs from run to run."""
        return timeless(prompt, self._places)

    @property
    def _places(self) -> dict[str, str]:
        """The names of what is elsewhere in another run of the same job."""
        places = {
            Path.home(): "<home>",
            Path(tempfile.gettempdir()): TEMPORARY,
            self.repository.root: "<repository>",
            self.directory.path: "<job>",
            self.cache: WORKTREES,
        }
        names = {str(form): name for place, name in places.items() for form in (place, place.resolve())}
        return names | {self.identity.id: "<job-id>"}

    def make_ready(self) -> None:
        """Make what threads share, before there are threads. Raises ConfigError for a backend that there is not."""
        for _ in (self.ledger, self.spans, self.measures, self.recording, self.rate_limits):
            pass
        for _ in (self.roles, self.family, self.repository.git):
            pass
        self.check_agents()

    def check_agents(self) -> None:
        """Raise ConfigError if it can be known already that a role cannot be played."""
        for tier in self.tiers:
            self.backend(tier.backend).check(tier)

    @property
    def tiers(self) -> list[Tier]:
        """Every tier that plays a role, once."""
        return list({str(tier): tier for tier in map(self.config.tier, Role)}.values())

    def close_backends(self) -> None:
        """End what backends keep running between calls; a later call begins anew."""
        with self._making:
            for backend in self._backends.values():
                if isinstance(backend, Closes):
                    backend.close()
            self._backends.clear()

    def backend(self, name: str) -> Backend:
        """Return a backend, made once. Raises ConfigError for one that is not installed."""
        with self._making:
            if name not in self._backends:
                surroundings = Surroundings(
                    options=self.config.backends.get(name, BackendOptions()),
                    repository=self.repository.root,
                    state_directory=self.directory.backends / name,
                    roles=lambda: self.roles,
                    tiers=tuple(tier for tier in self.tiers if tier.backend == name),
                    mark=self.mark,
                    environment=lambda: self.guard.trace_environment(),
                    trial=trial_of(self.directory),
                )
                self._backends[name] = find_backend(name)(surroundings)
            return self._backends[name]

    def tip(self) -> str:
        """Return the commit that the job branch points to; before anything is on it, it is made where it is missing.

        Raises ConfigError if it is gone with work on it.
        """
        with self._making:
            tip = self.branch.tip()
            if tip:
                return tip
            if any(self.directory.lock("").parent.glob("*.json")):
                branch = self.identity.branch
                hint = f"make it again with 'git branch {branch} COMMIT', or begin anew: director plan --new"
                raise ConfigError(f"the job's branch '{branch}' is gone, and work was on it", hint=hint)
            self.branch.move(self.identity.base, old=None)
            return self.identity.base

    def landed(self, tip: str | None = None) -> list[Landed]:
        """Return our commits on the job branch that still count, oldest first."""
        return in_effect(self.repository.landed(self.identity.base, tip or self.tip()))

    def note(self, text: str, *, task: str = "", hint: str = "") -> None:
        """Tell people something."""
        self.tell(Note(text, task=task, hint=hint))
