"""The arms of a bench: which there are, what they all start from, and how each was judged."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field

from director.core.config.settings import Config, Review, Tiers
from director.core.digests import digest
from director.core.errors import ConfigError
from director.core.model import Model
from director.core.plan.node import Node, Plan, PlannedNode
from director.core.words import listed, quoted

SOLO = "solo"
"""The arm without decomposition; also the id of its only node."""
PLANNING = "plan"
_RESERVED = frozenset(
    {SOLO, PLANNING, "archive", "lock", "holder.json", "frozen.json", "summary.json", "report.html", "doit.db"}
)
"""Names in the directory of a bench."""


class Arm(Model):
    """One profile's run of the plan."""

    profile: str
    trial: int
    """Counted from 1."""

    @property
    def task(self) -> str:
        """The doit task."""
        return f"bench:{self.profile}:{self.trial}"

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.profile}:{self.trial}"


class Frozen(Model):
    """frozen.json: what every arm starts from."""

    version: Literal[1] = 1
    job: str
    """The job that planned."""
    base: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    """The commit that planning started from."""
    commit: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    """The commit that holds the locked tests: every arm's branch begins here."""
    documents: dict[str, str]
    """The sha256 of the files of the planning job that arms are made from, by name."""
    tests: dict[str, dict[str, str]]
    """The locked tests of each node: path to git blob."""

    @property
    def digest(self) -> str:
        """Digest all of it."""
        return digest(self.model_dump(mode="json"))

    @property
    def tests_digest(self) -> str:
        """Digest the tests, byte for byte."""
        return digest(self.locked)

    @property
    def locked(self) -> dict[str, str]:
        """Every locked test file with its blob."""
        return {path: blob for files in self.tests.values() for path, blob in files.items()}


class ArmIdentity(Model):
    """arm.json: what an arm was begun for; another one in its place begins anew."""

    version: Literal[1] = 1
    profile: str
    trial: int
    frozen: str
    """Digest of what it started from."""
    contest: str
    """Digest of what decides its outcome in the profile."""


class Judged(Model):
    """quality.json: how good an arm's result is, whoever made it. Written last: an arm that has it came to its end."""

    version: Literal[1] = 1
    commit: str
    """The tip that was judged."""
    yardstick: str
    """Digest of what it was judged by."""
    tests: str
    """Digest of the test files as the tip has them."""
    nodes: dict[str, bool]
    """Whether each node's locked tests are there and green."""
    gates: dict[str, bool]
    holdout: bool | None = None
    """None where the user named no held-out tests."""

    @property
    def share(self) -> float:
        """Return the share of nodes whose tests are green."""
        return sum(self.nodes.values()) / len(self.nodes)

    @property
    def is_integrated(self) -> bool:
        """Tell whether every node's tests and every gate are green on everything together."""
        return all(self.nodes.values()) and all(self.gates.values())


class Yardstick(Model):
    """What every arm is judged by: the same for all, whatever their profiles say."""

    gates: dict[str, str]
    flake_runs: int
    holdout: str = ""
    """A command that agents are never told."""

    @property
    def digest(self) -> str:
        """Digest all of it."""
        return digest(self.model_dump(mode="json"))


def check_profiles(names: Sequence[str], *, baseline: str | None) -> None:
    """Raise ConfigError for names that a bench cannot use."""
    if not names:
        raise ConfigError("a bench needs profiles", hint="name them: --profiles all-frontier,cheap-cloud")
    if taken := [name for name in names if name.casefold() in _RESERVED]:
        hint = "rename profiles/NAME.toml; for an arm without decomposition there is --solo"
        raise ConfigError(f"a profile of a bench cannot be called {quoted(taken[0])}", hint=hint)
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f"the profile {quoted(twice[0])} is named twice", hint="--trials runs a profile repeatedly")
    if baseline is not None and baseline not in names:
        known = listed([quoted(name) for name in names], limit=20)
        raise ConfigError(f"the baseline {quoted(baseline)} is none of the profiles", hint=f"they are {known}")


def check_named(words: Sequence[str], arms: Sequence[Arm]) -> None:
    """Raise ConfigError for a task, or a pattern of tasks, that names no arm."""
    for word in words:
        if not any(fnmatchcase(arm.task, word) for arm in arms):
            tasks = listed([quoted(arm.task) for arm in arms], limit=20)
            raise ConfigError(f"there is no arm {quoted(word)}", hint=f"the arms are {tasks}")


def arms_of(profiles: Sequence[str], *, trials: int) -> list[Arm]:
    """Return the arms in the order in which they run: the first trial of each, so that a slow hour hits all alike."""
    return [Arm(profile=name, trial=trial) for trial in range(1, trials + 1) for name in profiles]


def contest(config: Config) -> str:
    """Digest what of a profile decides an arm's outcome: not its prices, ceilings and times."""
    limits = config.limits
    return digest(
        {
            "tiers": config.tiers.model_dump(mode="json"),
            "sampling": {role: sampling.model_dump(mode="json") for role, sampling in config.sampling.items()},
            "review": config.review.model_dump(mode="json"),
            "backends": {name: options.model_dump(mode="json") for name, options in config.backends.items()},
            "repository": config.repository.model_dump(mode="json"),
            "worktree": config.worktree.model_dump(mode="json"),
            "ladder": [limits.max_attempts, limits.flake_runs],
        }
    )


def solo_config(config: Config) -> Config:
    """Return a profile in which one agent, the planner's tier, does all of the work."""
    planner = config.tiers.planner
    tiers = Tiers(**dict.fromkeys(Tiers.model_fields, planner))
    return config.model_copy(update={"tiers": tiers, "review": Review(stage_one_llm=False, stage_two=False)})


def solo_plan(plan: Plan, spec: str) -> Plan:
    """Return the plan as one node: the whole specification, every file, every test.

    Without a specification the nodes' own are put in its place.
    """
    nodes = plan.nodes
    tests = _in_order(node.tests for node in nodes)
    files = [path for path in _in_order(node.files for node in nodes) if path not in tests]
    node = PlannedNode(
        id=SOLO,
        title="Everything at once",
        spec=spec.strip() or "\n\n".join(_spec_of(node) for node in nodes),
        files=tuple(files),
        tests=tuple(tests),
        test_cmd=" && ".join(f"({command})" for command in _in_order([node.test_cmd] for node in nodes)),
        estimated_difficulty="hard",
    )
    return Plan(nodes=(node,))


def settled(nodes: Mapping[str, Sequence[str]], *, landed: frozenset[str], given_up: frozenset[str]) -> bool:
    """Tell whether an arm came to its end: each node landed, was given up, or waits for one that will not land.

    `nodes` says what each node depends on, those it depends on first.
    """
    lost: set[str] = set()
    for name, needed in nodes.items():
        if name in landed:
            continue
        if name not in given_up and not lost & set(needed):
            return False
        lost.add(name)
    return True


def _spec_of(node: Node) -> str:
    return f"## {node.title or node.id}\n\n{node.spec.strip()}"


def _in_order(groups: Iterable[Sequence[str]]) -> list[str]:
    """Return what groups hold, each thing once."""
    return list(dict.fromkeys(item for group in groups for item in group))
