"""summary.json: what a bench found, made from what was measured of its arms."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import Field

from director.core.bench.arms import Frozen
from director.core.bench.statistics import (
    CONFIDENCE,
    FEWEST_TRIALS,
    Difference,
    Estimate,
    Verdict,
    difference,
    estimate,
)
from director.core.measures import TARGET_COMPLETION, share
from director.core.metrics import RoleTotals
from director.core.model import Model
from director.core.roles import Role

TARGET_REDUCTION = 0.8
"""How much less than the baseline a run is to cost."""


class ArmSummary(Model):
    """One arm."""

    profile: str
    trial: int
    is_done: bool
    """Whether it came to its end, with whatever result; only then its numbers are compared."""
    branch: str = ""
    commit: str = ""
    """The tip that was judged."""
    tests: str = ""
    """Digest of the test files as the tip has them; the same for all arms."""
    nodes: int = 0
    landed: int = 0
    quality: float | None = None
    """Share of the plan's nodes whose locked tests are green at the tip."""
    integrated: bool | None = None
    """Whether every node's tests and every gate are green there."""
    gates: dict[str, bool] = Field(default_factory=dict)
    holdout: bool | None = None
    """Whether the held-out tests are green; None where there are none."""
    total: RoleTotals = RoleTotals()
    """What its calls came to."""
    roles: dict[Role, RoleTotals] = Field(default_factory=dict)
    seconds: float = 0.0
    """Wall-clock time of its nodes, of all its runs."""
    executor_completion: float | None = None
    """Share of the nodes worked on that the executor tier landed; None for the arm without decomposition."""
    escalation_rate: float | None = None

    @property
    def cost_usd(self) -> float | None:
        """What it cost; None where that is not all known."""
        return None if self.total.unpriced_calls else self.total.cost_usd


class Comparison(Model):
    """A profile beside the baseline, trial by trial."""

    cost: Difference | None
    """US dollars; None where a cost is not known."""
    seconds: Difference | None
    quality: Difference | None
    reduction: Estimate | None
    """By which share it was cheaper; None where a cost is not known or the baseline cost nothing."""
    reaches_reduction: bool | None
    """Whether that is the target or more, at whatever quality; None where it is not known."""


class ProfileSummary(Model):
    """All trials of a profile."""

    profile: str
    tiers: dict[Role, str]
    """Which tier played which role."""
    trials: int
    """How many there were to be."""
    done: int
    """How many came to their end."""
    cost: Estimate | None
    """US dollars; of the trials whose cost is all known."""
    unpriced_calls: int
    """Calls whose cost is not known."""
    seconds: Estimate | None
    quality: Estimate | None
    integrated: float | None
    """Share of the trials that were green altogether."""
    holdout: float | None
    """Share of the trials whose held-out tests were green."""
    executor_completion: Estimate | None
    reaches_completion: bool | None
    """Whether that is the target or more; None where it is not known."""
    against: Comparison | None = None
    """None for the baseline itself."""

    @property
    def is_played(self) -> bool:
        """Tell whether no model was asked: every tier is a cassette."""
        return all(tier.startswith("replay:") for tier in self.tiers.values())


class BenchSummary(Model):
    """summary.json."""

    version: Literal[1] = 1
    task: str
    job: str
    """The job that planned."""
    base: str
    frozen: str
    """The commit that every arm started from."""
    tests: str
    """Digest of the locked tests."""
    nodes: int
    baseline: str
    target_reduction: float = TARGET_REDUCTION
    target_completion: float = TARGET_COMPLETION
    confidence: float = CONFIDENCE
    """Of every interval."""
    fewest_trials: int = FEWEST_TRIALS
    """With fewer, no difference is called one."""
    planning: RoleTotals
    """Planning and writing the tests: paid once, and part of no arm."""
    total: RoleTotals
    """Planning and all arms."""
    profiles: tuple[ProfileSummary, ...]
    arms: tuple[ArmSummary, ...]
    conclusions: tuple[str, ...]
    """What can be said of it, and what cannot."""


def summarize(
    frozen: Frozen,
    arms: Sequence[ArmSummary],
    *,
    task: str,
    baseline: str,
    tiers: Mapping[str, Mapping[Role, str]],
    planning: RoleTotals,
    total: RoleTotals,
) -> BenchSummary:
    """Return what arms came to; `tiers` names the profiles in order."""
    by_profile = {name: [arm for arm in arms if arm.profile == name] for name in tiers}
    first = by_profile[baseline]
    profiles = tuple(
        _profile(name, found, tiers=tiers[name], baseline=None if name == baseline else first)
        for name, found in by_profile.items()
    )
    return BenchSummary(
        task=task,
        job=frozen.job,
        base=frozen.base,
        frozen=frozen.commit,
        tests=frozen.tests_digest,
        nodes=len(frozen.tests),
        baseline=baseline,
        planning=planning,
        total=total,
        profiles=profiles,
        arms=tuple(arms),
        conclusions=tuple(conclusions(profiles, baseline)),
    )


def conclusions(profiles: Sequence[ProfileSummary], baseline: str) -> list[str]:
    """Say in words what can be said of profiles, and what cannot."""
    said = [line for profile in profiles for line in _conclusions(profile, baseline)]
    played = ", ".join(profile.profile for profile in profiles if profile.is_played)
    return said + ([f"played from cassettes, which measure no model: {played}"] if played else [])


def _profile(
    name: str, arms: Sequence[ArmSummary], *, tiers: Mapping[Role, str], baseline: Sequence[ArmSummary] | None
) -> ProfileSummary:
    done = [arm for arm in arms if arm.is_done]
    completion = estimate([arm.executor_completion for arm in done if arm.executor_completion is not None])
    return ProfileSummary(
        profile=name,
        tiers=dict(tiers),
        trials=len(arms),
        done=len(done),
        cost=estimate(list(_by_trial(arms, lambda arm: arm.cost_usd).values())),
        unpriced_calls=sum(arm.total.unpriced_calls for arm in arms),
        seconds=estimate([arm.seconds for arm in done]),
        quality=estimate(list(_by_trial(arms, lambda arm: arm.quality).values())),
        integrated=share([bool(arm.integrated) for arm in done]),
        holdout=share([arm.holdout for arm in done if arm.holdout is not None]),
        executor_completion=completion,
        reaches_completion=completion.median >= TARGET_COMPLETION if completion else None,
        against=_comparison(arms, baseline) if baseline is not None else None,
    )


def _comparison(arms: Sequence[ArmSummary], baseline: Sequence[ArmSummary]) -> Comparison:
    def compared(measure: Callable[[ArmSummary], float | None]) -> Difference | None:
        return difference(_by_trial(arms, measure), _by_trial(baseline, measure))

    reduction = _reduction(arms, baseline)
    return Comparison(
        cost=compared(lambda arm: arm.cost_usd),
        seconds=compared(lambda arm: arm.seconds),
        quality=compared(lambda arm: arm.quality),
        reduction=reduction,
        reaches_reduction=reduction.median >= TARGET_REDUCTION if reduction else None,
    )


def _reduction(arms: Sequence[ArmSummary], baseline: Sequence[ArmSummary]) -> Estimate | None:
    cost, full = (_by_trial(group, lambda arm: arm.cost_usd) for group in (arms, baseline))
    return estimate([1 - cost[trial] / full[trial] for trial in sorted(cost.keys() & full.keys()) if full[trial]])


def _by_trial(arms: Sequence[ArmSummary], measure: Callable[[ArmSummary], float | None]) -> dict[int, float]:
    """Return what was measured of the arms that came to their end, by trial."""
    values = {arm.trial: measure(arm) for arm in arms if arm.is_done}
    return {trial: value for trial, value in values.items() if value is not None}


def _conclusions(profile: ProfileSummary, baseline: str) -> list[str]:
    name, said = profile.profile, []
    if profile.done < profile.trials:
        said.append(f"{name}: {profile.done} of {profile.trials} arms ran to their end; only those are compared")
    if profile.unpriced_calls:
        said.append(f"{name}: {profile.unpriced_calls} calls of unknown price: what it costs is not known")
    if profile.reaches_completion is not None and profile.executor_completion:
        said.append(_completion(profile, profile.executor_completion))
    if profile.against:
        said += _against(name, profile.against, baseline)
    return said


def _completion(profile: ProfileSummary, found: Estimate) -> str:
    reached = "reaches" if profile.reaches_completion else "misses"
    shown = f"{found.median:.0%} of the nodes"
    return f"{profile.profile}: the executor tier did {shown}; that {reached} the target of {TARGET_COMPLETION:.0%}"


def _against(name: str, against: Comparison, baseline: str) -> list[str]:
    said = []
    if against.reduction:
        reached = "reaches" if against.reaches_reduction else "misses"
        less = f"{abs(against.reduction.median):.0%} {'less' if against.reduction.median >= 0 else 'more'}"
        worse = ", but at lower quality" if against.quality and against.quality.median < 0 else ""
        said.append(f"{name}: costs {less} than {baseline}; that {reached} the target of {TARGET_REDUCTION:.0%}{worse}")
    measures = {"quality": against.quality, "cost": against.cost, "time": against.seconds}
    return said + [f"{name}: {_told(what, found, baseline)}" for what, found in measures.items() if found]


def _told(what: str, found: Difference, baseline: str) -> str:
    match found.verdict:
        case Verdict.HIGHER | Verdict.LOWER:
            return f"its {what} is {found.verdict} than that of {baseline}"
        case Verdict.NOT_DISTINGUISHABLE:
            return f"its {what} is not distinguishable from that of {baseline}"
        case Verdict.TOO_FEW_TRIALS:
            trials = f"{found.trials} trial{'' if found.trials == 1 else 's'}"
            return f"{trials} cannot tell its {what} from that of {baseline}; {FEWEST_TRIALS} may"
