"""A job on a small real repository, whose agents are played from a cassette."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from director.artifacts.directory import JobDirectory
from director.core.calls import CallRecord, End, Usage
from director.core.config.settings import Config
from director.core.events import Event
from director.core.roles import Role
from director.core.tiers import Tier
from director.git.repository import Repository
from director.job.job import Job
from director.job.lifecycle import begin_job
from tests.git.checkout import Checkout

TIER = "replay:cassette.yaml"


def make_job(
    root: Path,
    *calls: dict[str, Any],
    files: Mapping[str, str] | None = None,
    told: list[Event] | None = None,
    **limits: Any,
) -> Job:
    """Make a repository with one commit and begin a job in it."""
    checkout = Checkout.create(root)
    checkout.commit(**{"README.md": "A project.\n", **(files or {})})
    checkout.write("cassette.yaml", yaml.safe_dump({"version": 1, "calls": list(calls)}))
    config = Config.model_validate({"tiers": {"planner": TIER, "executor": TIER}, "limits": limits})
    repository, directory = Repository.open(root), JobDirectory(root / ".director")
    begin_job(repository, directory)
    return Job(repository, directory, config, tell=told.append if told is not None else lambda _: None)


def record(role: Role = Role.EXECUTOR, cost: float | None = 0.5, **more: Any) -> CallRecord:
    """A record of a call."""
    fields: dict[str, Any] = {
        "time": "2026-01-02T03:04:05Z",
        "job": "job",
        "role": role,
        "task": "run:alpha",
        "attempt": 1,
        "tier": Tier(backend="replay", model="cassette.yaml"),
        "end": End.DONE,
        "usage": Usage(),
        "cost_usd": cost,
        "cost_source": "program",
        "seconds": 1.0,
    }
    return CallRecord.model_validate(fields | more)
