"""director with replayed agents: no process is started for a call. The prices are invented."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.speed import stub
from benchmarks.speed.graphs import Work
from benchmarks.speed.subjects import ROLES, Director
from benchmarks.speed.trial import Trial

PRICES = {"explorer": 0.05, "brainstorm": 0.2, "planner": 0.4, "test_author": 0.03, "executor": 0.02}
"""US dollars a call."""
_CASSETTE = ".director/cassette.yaml"


@dataclass(frozen=True)
class ReplayedDirector(Director):
    """director with a cassette in place of agents; it approves all by itself."""

    def configuration(self, stub: Path) -> str:
        """Return its config.toml; the stub is not used."""
        return "[tiers]\n" + "".join(f'{role} = "replay:{_CASSETTE}"\n' for role in ROLES)

    def run(self, at_once: int) -> list[str]:
        """Return the command that builds."""
        return [*super().run(at_once), "--auto", "--no-critique"]


def write_cassette(trial: Trial, works: Sequence[Work], *, other: str = "") -> None:
    """Have the agents do the works; the executor of the node `other` does its work in another way."""
    cassette = {"version": 1, "calls": _calls(works, other)}
    (trial.repository / _CASSETTE).write_text(yaml.dump(cassette, Dumper=yaml.CSafeDumper, sort_keys=False))


def _calls(works: Sequence[Work], other: str) -> list[dict[str, Any]]:
    calls = [_call("explorer", "recon", "Files."), _call("brainstorm", "spec", "# Spec\n\nFiles.")]
    calls.append(_call("planner", "decompose", stub.plan(works)))
    for work in works:
        words = f"{work.id}\n" + ("in another way\n" if work.id == other else "")
        test = stub.test_text(work.id, work.file)
        calls.append(_call("test_author", f"tests:{work.id}", files={work.test: test}))
        calls.append(_call("executor", f"run:{work.id}", files={work.file: words}))
    return calls


def _call(role: str, task: str, text: str = "Done.", **more: Any) -> dict[str, Any]:
    return {"role": role, "task": task, "text": text, "cost_usd": PRICES[role], **more}
