"""The configuration, field by field; the text under a field is its documentation (docs/configuration.md)."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt

from director.core.config.programs import CommandProgram
from director.core.errors import ConfigError
from director.core.model import Model
from director.core.plan.paths import path_problem
from director.core.price import Price
from director.core.roles import Role
from director.core.tiers import Tier, parse_tier

REMOTE_NAME = r"^([A-Za-z0-9_][A-Za-z0-9_./-]*)?$"
"""What may be the name of a remote: neither an option of git's nor an address."""


def _tier(text: str) -> str:
    try:
        parse_tier(text)
    except ConfigError as error:
        raise ValueError(f"{error.message}: {error.hint}") from error
    return text


def _directory(text: str) -> str:
    return _checked(text.rstrip("/"), text)


def _glob(text: str) -> str:
    return _checked(re.sub(r"[*?\[\]]", "x", text), text) and text


def _checked(path: str, written: str) -> str:
    if problem := path_problem(path):
        raise ValueError(f"'{written}' {problem}")
    return path


TierString = Annotated[str, AfterValidator(_tier)]
RepositoryDirectory = Annotated[str, AfterValidator(_directory)]
RepositoryGlob = Annotated[str, AfterValidator(_glob)]


class Tiers(Model):
    """Which model plays which role: `[backend:]provider/model`; the backend defaults to opencode."""

    planner: TierString
    """Writes the spec and the plan, and criticises them with `--auto`."""
    executor: TierString
    """Implements the nodes."""
    explorer: TierString | None = None
    """Reads the repository before planning. Default: the executor's."""
    test_author: TierString | None = None
    """Writes the acceptance tests. Default: the planner's."""
    reviewer: TierString | None = None
    """Reviews a node's diff. Default: the planner's."""
    escalation: TierString | None = None
    """Gets the last attempt at a node. Default: the planner's."""


class BackendOptions(Model):
    """How a backend is driven."""

    command: str | None = None
    """The program to start. Default: the one on PATH."""
    mode: str | None = None
    """How the program is driven. For opencode: `serve` (the default), one server for all calls, or `run`, a process for
    each call; for codex: `unconfined`, without a sandbox for what edits; for replay: `strict`, which answers only
    prompts that were recorded."""
    provider: dict[str, Any] = Field(default_factory=dict)
    """Providers by the name that tiers call them: `base_url` and, for a key, `api_key_env`; or OpenCode's own block."""
    env: tuple[str, ...] = ()
    """Names of further environment variables that the program may see."""
    programs: dict[str, CommandProgram] = Field(default_factory=dict)
    """For the backend `command`: programs by the name that tiers call them."""


class Sampling(Model):
    """Sampling of a role's model."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """Default: the temperature of the role's definition."""
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    """Nucleus sampling. Default: the model's own."""


class Limits(Model):
    """Where director stops by itself."""

    node_timeout_secs: PositiveFloat = 1800
    """Wall-clock time of one agent call."""
    idle_timeout_secs: PositiveFloat = 300
    """Time without any output after which an agent call is ended."""
    test_timeout_secs: PositiveFloat = 600
    """Wall-clock time of one test command or repository gate."""
    cost_ceiling_usd: PositiveFloat | None = None
    """No new call is started once the job has cost this much. Default: no ceiling."""
    rate_limit_wait_secs: Annotated[float, Field(ge=0)] = 3600
    """How long calls wait for a tier that is rate limited, in a row, before the run stops with exit code 5."""
    max_attempts: PositiveInt = 2
    """Attempts of the executor at a node before it is escalated once."""
    flake_runs: PositiveInt = 1
    """How often a node's tests must be green in a row in its gate."""
    test_attempts: PositiveInt = 2
    """Attempts of the test author at a node's tests."""
    plan_attempts: PositiveInt = 3
    """Replies of the planner before planning fails."""


class Review(Model):
    """When a node's diff is reviewed before it lands."""

    stage_one_llm: bool = False
    """Have the reviewer compare each diff with its spec; advisory."""
    stage_two: bool = True
    """Have the reviewer read the diff of an escalated or a large node; a critical finding re-opens it."""
    stage_two_file_threshold: PositiveInt = 5
    """A node that touches more files than this is large."""


class RepositoryOptions(Model):
    """What director should know of the repository."""

    byproducts: tuple[str, ...] = ()
    """Further globs (gitignore syntax) of files that a build leaves behind and no gate minds."""


class Worktree(Model):
    """What the worktrees of agents and gates hold besides their commit; see [worktrees](worktrees.md)."""

    setup: str | None = None
    """A shell command that makes a worktree ready, such as `npm ci`: run in each one before anybody works in it."""
    setup_inputs: tuple[RepositoryGlob, ...] = ()
    """Files or globs that `setup` works from: when a commit changes one, it is run again."""
    setup_timeout_secs: PositiveFloat = 600
    """Wall-clock time of one `setup`."""
    link: tuple[RepositoryDirectory, ...] = ()
    """Directories of caches, such as `node_modules/.cache`, that worktrees share by a link."""


class Cache(Model):
    """Work that was verified before and is not paid for again; see [cache](cache.md)."""

    enabled: bool = True
    """Try a node first with what it came to when it was made from the very same before, and keep what agents do."""
    remote: Annotated[str, Field(pattern=REMOTE_NAME)] = ""
    """The name of a git remote, such as `origin`, that is asked for what is not kept here. `director cache push` gives
    it what is. Default: nobody is asked."""
    max_mb: PositiveInt = 500
    """What all kept work may take up in the user's cache directory; the least recently used goes."""


class Telemetry(Model):
    """Who else is told how a run goes; see [telemetry](telemetry.md)."""

    otlp: bool = False
    """Send the spans of a run to the OpenTelemetry collector at OTEL_EXPORTER_OTLP_ENDPOINT; needs the extra `otel`."""


class Config(Model):
    """A whole configuration: .director/config.toml, or a profile."""

    tiers: Tiers
    backends: dict[str, BackendOptions] = Field(default_factory=dict)
    sampling: dict[Role, Sampling] = Field(default_factory=dict)
    gates: dict[str, str] = Field(default_factory=dict)
    """Repository-wide gates: any name to a shell command, run in this order by `integrate`; empty = skipped."""
    pricing: dict[TierString, Price] = Field(default_factory=dict)
    """Prices by tier string, in US dollars per million tokens. They go before what a program reports. Without them and
    without a report a model at an address of a private network costs nothing, and others are looked up in the price
    list that is installed with director."""
    limits: Limits = Limits()
    review: Review = Review()
    repository: RepositoryOptions = RepositoryOptions()
    worktree: Worktree = Worktree()
    cache: Cache = Cache()
    telemetry: Telemetry = Telemetry()

    def tier(self, role: Role) -> Tier:
        """Return the tier that plays a role."""
        tiers = self.tiers
        match role:
            case Role.PLANNER | Role.BRAINSTORM:
                text = tiers.planner
            case Role.EXECUTOR:
                text = tiers.executor
            case Role.EXPLORER:
                text = tiers.explorer or tiers.executor
            case Role.TEST_AUTHOR:
                text = tiers.test_author or tiers.planner
            case Role.REVIEWER:
                text = tiers.reviewer or tiers.planner
            case Role.ESCALATION:
                text = tiers.escalation or tiers.planner
        return parse_tier(text)

    def price(self, tier: Tier) -> Price | None:
        """Return the configured price of a tier, whichever way its string was written."""
        return next((price for text, price in self.pricing.items() if parse_tier(text) == tier), None)

    def active_gates(self) -> dict[str, str]:
        """Return the gates that have a command, in order."""
        return {name: command for name, command in self.gates.items() if command.strip()}
