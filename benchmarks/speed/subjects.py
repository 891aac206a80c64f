"""The two programs that are compared, each by its command line."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.speed.stub import ARGUMENTS, READ

ROLES = ("planner", "test_author", "executor", "explorer", "reviewer", "escalation")
_DIRECTORS = """\
[tiers]
{tiers}

[backends.command.programs.stub]
argv = [{argv}]
{read}
[review]
stage_two = false
"""
_PEERS = """\
[tiers]
{tiers}

[limits]
flake_runs = 1

[review]
stage_two = false
"""
TASK = "write text files"


class Subject(Protocol):
    """A program that is measured."""

    @property
    def name(self) -> str:
        """What it is called in tables."""

    @property
    def program(self) -> Path:
        """What is started."""

    def configuration(self, stub: Path) -> str:
        """Return its config.toml, with the stub as the agent of all roles."""

    def plan(self, at_once: int) -> list[str]:
        """Return the command that plans, without criticism or approval."""

    def run(self, at_once: int) -> list[str]:
        """Return the command that builds."""

    def looks(self) -> dict[str, list[str]]:
        """Return the commands that look at a job: `status` and `pending`, or what comes nearest to it."""

    def tests_phase(self, job: Path) -> float:
        """Return how many seconds a planned job took for its tests: from the end of the planner to the last lock."""


@dataclass(frozen=True)
class Director:
    """director."""

    program: Path
    name: str = "director"

    def configuration(self, stub: Path) -> str:
        """Return its config.toml, with the stub as the agent of all roles."""
        argv = ", ".join(f'"{word}"' for word in (str(stub), *ARGUMENTS))
        return _DIRECTORS.format(tiers=_tiers("command:stub/none"), argv=argv, read=READ)

    def plan(self, at_once: int) -> list[str]:
        """Return the command that plans, without criticism or approval."""
        return [str(self.program), "plan", TASK, "--auto", "--no-critique", "-n", str(at_once)]

    def run(self, at_once: int) -> list[str]:
        """Return the command that builds."""
        return [str(self.program), "run", "-n", str(at_once)]

    def looks(self) -> dict[str, list[str]]:
        """Return the commands that look at a job."""
        return {name: [str(self.program), name] for name in ("status", "pending")}

    def tests_phase(self, job: Path) -> float:
        """Read it from the spans."""
        spans = [json.loads(line) for line in (job / "spans.jsonl").read_text().splitlines()]
        planned = max(_end(span) for span in spans if span["task"] == "decompose")
        return max(_end(span) for span in spans if span["task"].startswith("tests:")) - planned


@dataclass(frozen=True)
class Peer:
    """director-cli. It writes tests one after another whatever it is told."""

    program: Path
    name: str = "peer"

    def configuration(self, stub: Path) -> str:
        """Return its config.toml; it finds the stub as `opencode` on PATH."""
        return _PEERS.format(tiers=_tiers("opencode/stub/none"))

    def plan(self, at_once: int) -> list[str]:
        """Return the command that plans, without criticism or approval."""
        return [str(self.program), "plan", TASK, "--auto", "--no-critique"]

    def run(self, at_once: int) -> list[str]:
        """Return the command that builds."""
        return [str(self.program), "run", "--parallel", str(at_once)]

    def looks(self) -> dict[str, list[str]]:
        """Return the commands that look at a job: there is no other than `status`."""
        return {name: [str(self.program), "status"] for name in ("status", "pending")}

    def tests_phase(self, job: Path) -> float:
        """Read it from the times of its files: it writes the plan anew when the hashes of all tests are known."""
        (planner,) = (job / "logs").glob("*-planner.jsonl")
        return (job / "plan.json").stat().st_mtime - planner.stat().st_mtime


def _end(span: dict[str, Any]) -> float:
    return float(span["start"] + span["seconds"])


def _tiers(tier: str) -> str:
    return "\n".join(f'{role} = "{tier}"' for role in ROLES)
