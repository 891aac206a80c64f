"""Edits a finished job in one place after another, builds again, and prints what that took as a Markdown table.

    python -m benchmarks.rebuilds [--director PROGRAM] [--nodes N]

The agents are replayed from a cassette that is made here, at invented prices. Every edit is made to the same finished
job: between them the repository is put back. What ran and what was paid is counted in director's own records.
"""

import argparse
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.speed.graphs import Work, layered
from benchmarks.speed.replay import ReplayedDirector, write_cassette
from benchmarks.speed.trial import Trial, trial

Edit = Callable[["Finished"], None]


@dataclass(frozen=True)
class Finished:
    """A finished job that is edited."""

    trial: Trial

    @property
    def node(self) -> Work:
        """The node that is edited: others need it."""
        needed = Counter(need for work in self.trial.works for need in work.needs)
        return next(work for work in self.trial.works if needed[work.id] > 1)

    @property
    def leaf(self) -> Work:
        """A node that nobody needs."""
        return self.trial.works[-1]

    def file(self, name: str) -> Path:
        """A file of the job."""
        return self.trial.job / name

    def change_plan(self, change: Callable[[list[dict[str, Any]]], None]) -> None:
        """Edit plan.json as a person would."""
        plan = json.loads(self.file("plan.json").read_text())
        change(plan["nodes"])
        self.file("plan.json").write_text(json.dumps(plan, indent=2) + "\n")

    def change_node(self, **values: str) -> None:
        """Edit the node in plan.json."""
        self.change_plan(lambda nodes: next(node for node in nodes if node["id"] == self.node.id).update(values))

    def records(self, name: str) -> list[dict[str, Any]]:
        """The records of a file of the job."""
        return [json.loads(line) for line in self.file(name).read_text().splitlines()]


def edit_other_result(job: Finished) -> None:
    """Have the node done in another way."""
    job.change_node(spec="Write a file in another way.")
    write_cassette(job.trial, job.trial.works, other=job.node.id)


def lose_lock(job: Finished) -> None:
    """Lose the lock of the node's tests."""
    job.file(f"tests/{job.node.id}.json").unlink()


def lose_markers(job: Finished) -> None:
    """Lose every marker."""
    shutil.rmtree(job.file("merged"))


def add_node(job: Finished) -> None:
    """Add a node by hand that needs the one that is edited elsewhere."""
    works = job.trial.works
    added = Work(f"n{len(works):05}", (job.node.id,))
    job.change_plan(lambda nodes: nodes.append(added.node()))
    write_cassette(job.trial, [*works, added])


def remove_node(job: Finished) -> None:
    """Remove a node that nobody needs."""
    job.change_plan(lambda nodes: nodes.remove(next(node for node in nodes if node["id"] == job.leaf.id)))


def change_gates(job: Finished) -> None:
    """Have another gate."""
    with job.file("config.toml").open("a") as file:
        file.write('\n[gates]\nfiles = "test -d part000"\n')


def comment_specification(job: Finished) -> None:
    """Write a comment into spec.md."""
    with job.file("spec.md").open("a") as file:
        file.write("\n<!-- reviewed -->\n")


EDITS: dict[str, Edit] = {
    "nothing": lambda job: None,
    "a node's title": lambda job: job.change_node(title="Another title"),
    "a node's spec (same result)": lambda job: job.change_node(spec="Write a file, please."),
    "a node's spec (other result)": edit_other_result,
    "a comment in spec.md (planned again, same nodes)": comment_specification,
    "a node's lock deleted (tests with the same bytes)": lose_lock,
    "the doit database deleted": lambda job: job.file("doit.db").unlink(),
    "all markers deleted": lose_markers,
    "a node added by hand": add_node,
    "a node removed": remove_node,
    "the gate commands": change_gates,
}


def main() -> None:
    """Build, edit, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rebuilds")
    default = Path(sys.executable).with_name("director")
    parser.add_argument("--director", type=lambda path: Path(path).absolute(), default=default)
    parser.add_argument("--nodes", type=int, default=50)
    options = parser.parse_args()
    with trial(ReplayedDirector(options.director), layered(options.nodes, seed=1, layers=5)) as made:
        print("\n".join(_table(Finished(made))))


def _table(job: Finished) -> Iterator[str]:
    write_cassette(job.trial, job.trial.works)
    job.trial.plan()
    job.trial.run()
    whole = sum(record["cost_usd"] for record in job.records("costs.jsonl"))
    yield f"{len(job.trial.works)} nodes for ${whole:.2f} in {len(job.records('costs.jsonl'))} calls.\n"
    yield from ("| what was edited | tasks that ran | agents asked | cost | of the whole |", "|---|---|---|---|---|")
    kept = job.trial.root.with_name(f"{job.trial.root.name}-kept")
    shutil.copytree(job.trial.root, kept, symlinks=True)
    try:
        for what, edit in EDITS.items():
            yield f"| {what} | {_rebuild(job, edit, whole=whole)} |"
            shutil.rmtree(job.trial.root)
            shutil.copytree(kept, job.trial.root, symlinks=True)
    finally:
        shutil.rmtree(kept)


def _rebuild(job: Finished, edit: Edit, *, whole: float) -> str:
    spans, paid = len(job.records("spans.jsonl")), len(job.records("costs.jsonl"))
    edit(job)
    job.trial.measure(job.trial.subject.run(8))
    tasks = Counter(span["task"] for span in job.records("spans.jsonl")[spans:] if span["kind"] == "task")
    calls = job.records("costs.jsonl")[paid:]
    cost = sum(call["cost_usd"] for call in calls)
    kinds = Counter(re.sub(r":n\d+$", "", task) for task in tasks)
    asked = Counter(call["role"] for call in calls)
    return f"{_counts(kinds)} | {_counts(asked)} | ${cost:.2f} | {cost / whole:.1%}"


def _counts(found: Counter[str]) -> str:
    """Return how many there are, and of which kinds."""
    return f"{found.total()}: " + ", ".join(f"{count} {kind}" for kind, count in found.items()) if found else "0"


if __name__ == "__main__":
    main()
