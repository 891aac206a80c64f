"""The job as one value: what every stage is given."""

import hashlib
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import platformdirs

from director.agents.protocol import Backend, Closes, Surroundings
from director.agents.registry import find_backend
from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model
from director.core.artifacts import JobIdentity
from director.core.calls import RoleDefinition
from director.core.config.settings import BackendOptions, Config
from director.core.errors import ConfigError
from director.core.events import Note, Tell
from director.core.landed import Landed
from director.core.likeness import TEMPORARY, WORKTREES, prompt_digest, timeless
from director.core.plan.node import Node
from director.core.roles import Role
from director.core.tiers import Tier
from director.git.repository import Repository
from director.job.branch import JobBranch
from director.job.ledger import Ledger
from director.shell import environment, processes
from director.shell.processes import Finished, Limits

# What only work on a job needs is imported where it is made: who looks at a job starts in two thirds of the time.
if TYPE_CHECKING:
    from director.git.pool import Pool
    from director.job.arrivals import Arrivals
    from director.job.lookout import Lookout
    from director.job.measures import Measures
    from director.job.patches import Patches
    from director.job.places import AtWork
    from director.job.ratelimits import RateLimits
    from director.job.recording import Recording
    from director.job.spans import Spans


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
    nodes: dict[str, Node] = field(default_factory=dict, repr=False)
    """The slices of the plan that this run builds: what stands in their files meanwhile does not count."""
    _making: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _backends: dict[str, Backend] = field(default_factory=dict, repr=False)
    _pools: "dict[str, Pool]" = field(default_factory=dict, repr=False)
    _lookouts: "dict[str, Lookout]" = field(default_factory=dict, repr=False)

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
    def arrivals(self) -> "Arrivals":
        """What waits to land."""
        from director.job.arrivals import Arrivals  # noqa: PLC0415 (start-up)

        return Arrivals()

    @cached_property
    def ledger(self) -> Ledger:
        """What was spent."""
        return Ledger(self.directory, ceiling=self.config.limits.cost_ceiling_usd)

    @cached_property
    def recording(self) -> "Recording | None":
        """Where calls are recorded; None if they are not."""
        if self.record is None:
            return None
        from director.job.recording import Recording  # noqa: PLC0415 (start-up)

        return Recording(self.record, repository=self.repository, note=self.note)

    @cached_property
    def spans(self) -> "Spans":
        """What takes time."""
        from director.job.spans import Spans  # noqa: PLC0415 (start-up)

        return Spans(self.directory.spans, job=lambda: self.identity.id, run=self.run_id)

    @cached_property
    def at_work(self) -> "AtWork":
        """How much is at work at once."""
        from director.job.places import AtWork  # noqa: PLC0415

        return AtWork(self.spans)

    @cached_property
    def measures(self) -> "Measures":
        """What was measured."""
        from director.job.measures import Measures  # noqa: PLC0415 (start-up)

        return Measures(self.directory, self.ledger)

    @cached_property
    def patches(self) -> "Patches":
        """What was verified before."""
        from director.job.patches import Patches  # noqa: PLC0415

        look, note = self.look_after_repository, self.note
        return Patches(self.repository, self.config.cache, mark=self.mark, note=note, look=look)

    @cached_property
    def rate_limits(self) -> "RateLimits":
        """Who waits for which tier."""
        from director.job.ratelimits import RateLimits  # noqa: PLC0415 (start-up)

        return RateLimits(longest=self.config.limits.rate_limit_wait_secs)

    @cached_property
    def branch(self) -> JobBranch:
        """The job's branch."""
        return JobBranch(self.repository, self.identity, note=self.note)

    @cached_property
    def roles(self) -> Mapping[Role, RoleDefinition]:
        """Role definitions, the user's own first."""
        from director.prompts.roles import load_roles  # noqa: PLC0415 (start-up)

        return load_roles(self.directory.overrides / "roles")

    @property
    def pool(self) -> "Pool":
        """Worktrees, in the user's cache directory."""
        from director.git.pool import Pool  # noqa: PLC0415 (start-up)
        from director.job.providing import provider_of  # noqa: PLC0415 (start-up)

        with self._making:
            if self.identity.id not in self._pools:
                self._pools[self.identity.id] = Pool(self.repository, self.cache, provider=provider_of(self))
            return self._pools[self.identity.id]

    def close_pool(self) -> None:
        """Remember what worktrees hold, when no agent works any more; the next use begins anew."""
        with self._making:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()
            self.repository.close()

    @property
    def lookout(self) -> "Lookout":
        """What of the user's own only the user may change, as it stood when this was first asked for."""
        from director.job.lookout import Lookout  # noqa: PLC0415 (start-up)

        with self._making:
            if self.identity.id not in self._lookouts:
                lookout = Lookout(self.repository, self.identity, cache=self.cache)
                self._lookouts[self.identity.id] = lookout
                self.repository.git.menders.append(partial(self._mend, lookout))
            return self._lookouts[self.identity.id]

    def look_after_repository(self, task: str = "") -> None:
        """Put back what an agent or a test changed of the user's own, and tell of it."""
        for intrusion in self.lookout.check():
            self.note(str(intrusion), task=task)

    def _mend(self, lookout: "Lookout") -> None:
        """Put back what an agent made of the configuration as soon as git stumbles over it, and not at its end."""
        for intrusion in lookout.check_unless_checking():
            self.note(str(intrusion))

    def run_command(self, command: str, *, directory: Path, output: Path, seconds: float) -> Finished:
        """Run a shell command of the user or of the plan; it sees no secrets of the environment."""
        output.parent.mkdir(parents=True, exist_ok=True)
        finished = processes.run(
            processes.shell_argv(command),
            cwd=directory,
            env=environment.without_secrets() | self.lookout.trace_environment(),
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
        _ = self.ledger, self.arrivals, self.spans, self.at_work, self.measures, self.recording, self.rate_limits
        _ = self.patches, self.roles, self.family, self.repository.git
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
        from director.artifacts.bench import trial_of  # noqa: PLC0415 (start-up)

        with self._making:
            if name not in self._backends:
                surroundings = Surroundings(
                    options=self.config.backends.get(name, BackendOptions()),
                    repository=self.repository.root,
                    state_directory=self.directory.backends / name,
                    roles=lambda: self.roles,
                    tiers=tuple(tier for tier in self.tiers if tier.backend == name),
                    mark=self.mark,
                    environment=lambda: self.lookout.trace_environment(),
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
        return self.branch.landed(tip or self.tip())

    def note(self, text: str, *, task: str = "", hint: str = "") -> None:
        """Tell people something."""
        self.tell(Note(text, task=task, hint=hint))
