"""Summaries of benches that nobody ran."""

from typing import Any

from director.core.bench.arms import Frozen
from director.core.bench.summary import ArmSummary, BenchSummary, summarize
from director.core.metrics import RoleTotals
from director.core.roles import Role

FROZEN = Frozen(job="job", base="a" * 40, commit="b" * 40, documents={}, tests={"alpha": {"test_alpha.py": "c" * 40}})


def arm(profile: str, trial: int = 1, cost: float = 1.0, **more: Any) -> ArmSummary:
    unpriced = more.pop("unpriced", 0)
    fields: dict[str, Any] = {
        "is_done": True,
        "quality": 1.0,
        "integrated": True,
        "seconds": 10.0,
        "executor_completion": 1.0,
        "total": RoleTotals(calls=1, cost_usd=cost, unpriced_calls=unpriced),
    }
    return ArmSummary(profile=profile, trial=trial, **(fields | more))


def summary_of(*arms: ArmSummary) -> BenchSummary:
    names = list(dict.fromkeys(entry.profile for entry in arms))
    return summarize(
        FROZEN,
        arms,
        task="task",
        baseline=names[0],
        tiers={name: dict.fromkeys(Role, "a:b/c") for name in names},
        planning=RoleTotals(calls=3, cost_usd=0.5),
        total=RoleTotals(calls=5, cost_usd=2.0),
    )
