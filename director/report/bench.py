"""What a bench came to, computed from the records of its jobs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from director.artifacts.bench import BenchDirectory
from director.artifacts.files import read_records, read_remade, read_text
from director.core.artifacts import JobIdentity
from director.core.bench.arms import SOLO, Arm, ArmIdentity, Frozen, Judged, Yardstick, contest
from director.core.bench.summary import ArmSummary, BenchSummary, summarize
from director.core.calls import CallRecord
from director.core.config.settings import Config
from director.core.measures import escalation_rate, executor_completion, last_of_each, total, totals
from director.core.metrics import NodeMetrics
from director.core.roles import Role
from director.core.spans import Span, SpanKind


def bench_summary(
    bench: BenchDirectory,
    frozen: Frozen,
    arms: Sequence[Arm],
    profiles: Mapping[str, Config],
    *,
    baseline: str,
    yardstick: Yardstick,
) -> BenchSummary:
    """Return what arms came to; one that was begun for something else than is asked for now has not run."""
    planning = read_records(bench.planning.costs, CallRecord)
    begun = {arm: _is_the_same(bench, frozen, arm, profiles[arm.profile]) for arm in arms}
    calls = [call for arm in arms if begun[arm] for call in read_records(bench.job(arm).costs, CallRecord)]
    return summarize(
        frozen,
        [arm_summary(bench, frozen, arm, yardstick) if begun[arm] else _nothing(arm) for arm in arms],
        task=(read_text(bench.planning.task) or "").strip(),
        baseline=baseline,
        tiers={name: {role: str(config.tier(role)) for role in Role} for name, config in profiles.items()},
        planning=total(planning),
        total=total([*planning, *calls]),
    )


def arm_summary(bench: BenchDirectory, frozen: Frozen, arm: Arm, yardstick: Yardstick) -> ArmSummary:
    """Return what an arm came to."""
    directory = bench.job(arm)
    calls = read_records(directory.costs, CallRecord)
    worked_on = last_of_each(read_records(directory.metrics, NodeMetrics))
    identity = read_remade(directory.identity, JobIdentity)
    judged = read_remade(bench.judged(arm), Judged)
    if judged and judged.yardstick != yardstick.digest:
        judged = None
    return ArmSummary(
        profile=arm.profile,
        trial=arm.trial,
        is_done=judged is not None,
        branch=identity.branch if identity else "",
        **(_quality(judged) if judged else {}),
        nodes=1 if arm.profile == SOLO else len(frozen.tests),
        landed=len(list(directory.merged("").parent.glob("*.json"))),
        total=total(calls),
        roles=totals(calls, lambda call: call.role),
        seconds=seconds_at_work(read_records(directory.spans, Span)),
        executor_completion=None if arm.profile == SOLO else executor_completion(worked_on),
        escalation_rate=escalation_rate(worked_on),
    )


def seconds_at_work(spans: Sequence[Span]) -> float:
    """Return the wall-clock time from the first node to the last of each run, of all runs together."""
    runs: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        if span.task.startswith("run:") and span.kind is not SpanKind.QUEUE:
            runs[span.run].append(span)
    ends = {run: max(span.start + span.seconds for span in found) for run, found in runs.items()}
    return round(sum(ends[run] - min(span.start for span in found) for run, found in runs.items()), 3)


def _is_the_same(bench: BenchDirectory, frozen: Frozen, arm: Arm, config: Config) -> bool:
    known = read_remade(bench.job(arm).arm, ArmIdentity)
    return bool(known and known.frozen == frozen.digest and known.contest == contest(config))


def _nothing(arm: Arm) -> ArmSummary:
    return ArmSummary(profile=arm.profile, trial=arm.trial, is_done=False)


def _quality(judged: Judged) -> dict[str, object]:
    return {
        "commit": judged.commit,
        "tests": judged.tests,
        "quality": judged.share,
        "integrated": judged.is_integrated,
        "gates": judged.gates,
        "holdout": judged.holdout,
    }
