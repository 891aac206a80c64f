"""A finished job of the peer, written after the example of a small one that it really built.

Its run may take an hour. What it looks at when all is built is here as a run leaves it: the plan, the state and the
records. The commits of nodes are left out, since it looks at none.
"""

import json
from dataclasses import dataclass
from typing import Any

from benchmarks.speed.graphs import wide
from benchmarks.speed.subjects import Subject
from benchmarks.speed.trial import Trial, trial

_RECORDS = ("costs.jsonl", "metrics.jsonl")


@dataclass(frozen=True)
class _Example:
    """What a run left of its only node."""

    node: str
    job: str
    state: dict[str, Any]
    records: dict[str, list[str]]
    """The lines that a run adds to each file: one for the node, and perhaps one for the run."""


def finish_peer(job: Trial) -> None:
    """Plan, and leave what a run of all works would have left."""
    job.plan()
    name = json.loads((job.job / "plan.json").read_text())["job_id"]
    example = _build_example(job.subject)
    state = json.dumps(example.state)
    nodes = {work.id: json.loads(_renamed(state, example, name, work.id)) for work in job.works}
    (job.job / "state.json").write_text(json.dumps({"job_id": name, "nodes": nodes}, indent=2))
    for file, lines in example.records.items():
        of_node = [line for line in lines if example.node in line]
        with (job.job / file).open("a") as records:
            records.writelines(_renamed(line, example, name, work.id) for work in job.works for line in of_node)


def _build_example(subject: Subject) -> _Example:
    with trial(subject, wide(1)) as job:
        job.plan()
        before = {file: _lines(job, file) for file in _RECORDS}
        job.run()
        state = json.loads((job.job / "state.json").read_text())
        records = {file: _lines(job, file)[len(lines) :] for file, lines in before.items()}
        node = job.works[0].id
        return _Example(node, state["job_id"], state["nodes"][node], records)


def _lines(job: Trial, file: str) -> list[str]:
    path = job.job / file
    return path.read_text().splitlines(keepends=True) if path.exists() else []


def _renamed(text: str, example: _Example, job: str, node: str) -> str:
    return text.replace(example.node, node).replace(example.job, job)
