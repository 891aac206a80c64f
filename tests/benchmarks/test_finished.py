"""A job that is written instead of built."""

import json
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from benchmarks.speed.finished import finish
from benchmarks.speed.graphs import Work, layered
from benchmarks.speed.subjects import Director
from benchmarks.speed.trial import Trial, trial

DIRECTOR = Director(Path(sys.executable).with_name("director"))
_TRAILERS = "%(trailers:key=Director-Task,key=Director-Inputs,key=Director-Work,valueonly)"


def make(works: list[Work]) -> AbstractContextManager[Trial]:
    return trial(DIRECTOR, works)


def test_nothing_is_left_to_do_in_a_written_job() -> None:
    with make(layered(20, seed=1, layers=4)) as job:
        finish(job)
        asked = (job.job / "costs.jsonl").read_bytes()

        ran, pending = job.run(), job.measure([str(DIRECTOR.program), "pending"])

        assert "is green" in ran.said
        assert pending.said == "nothing is pending: everything is up to date\n"
        assert (job.job / "costs.jsonl").read_bytes() == asked


def test_a_written_job_is_what_a_run_leaves() -> None:
    works = layered(4, seed=1, layers=2)
    with make(works) as built, make(works) as written:
        built.plan(at_once=1)
        built.run(at_once=1)
        finish(written)

        for look in (_files, _artifacts, _commits, _recorded, _journal):
            assert look(written) == look(built), look.__name__


def _files(job: Trial) -> list[str]:
    """All but what agents and tests said, and what serves for words alone."""
    found = (path.relative_to(job.job) for path in job.job.rglob("*") if path.is_file())
    kept = (path for path in found if path.parts[0] != "built" and path.name != "before.json")
    return sorted(str(path) for path in kept if path.suffix == ".json" or path.parts[0] != "logs")


def _artifacts(job: Trial) -> dict[str, Any]:
    """What they hold besides the names of commits."""
    found = {}
    for directory in ("nodes", "tests", "merged", "approved", "generated", "."):
        for path in sorted((job.job / directory).glob("*.json")):
            content = json.loads(path.read_text())
            found[f"{directory}/{path.name}"] = {**content, "commit": "", "id": "", "base": "", "branch": ""}
    return found


def _commits(job: Trial) -> tuple[list[str], str]:
    branch = json.loads((job.job / "job.json").read_text())["branch"]
    messages = job.git("log", f"--format={_TRAILERS}", branch).split("\n\n")
    return sorted(messages), job.git("ls-tree", "-r", branch, job.works[0].directory)


def _recorded(job: Trial) -> list[tuple[str, str, str]]:
    found = []
    for name in ("costs.jsonl", "metrics.jsonl"):
        for line in (job.job / name).read_text().splitlines():
            record = json.loads(line)
            found.append((record.get("role", ""), record.get("task", ""), record.get("node", "")))
    return sorted(found)


def _journal(job: Trial) -> dict[str, list[str]]:
    """The tasks that are built, and what from; the group `plan` and the beginning of the job say nothing."""
    entries = [json.loads(line) for line in (job.job / "doit.db").read_text().splitlines()]
    return {
        entry["task"]: sorted(str(Path(path).relative_to(job.job)) for path in entry["saved"]["deps:"])
        for entry in entries
        if entry["saved"] and entry["task"] != "job"
    }
