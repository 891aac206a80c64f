"""director's graph as rules for make."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.speed.finished import graph_of
from benchmarks.speed.graphs import Work
from benchmarks.speed.makefile import rules_of, write_makefile
from benchmarks.speed.subjects import Director
from benchmarks.speed.trial import trial
from director.tasks.control import control_of

DIRECTOR = Director(Path(sys.executable).with_name("director"))
PLANNING = {"recon", "spec", "gate:spec", "decompose", "slices"}
OF_FIRST = {"tests:n00000", "gate:plan", "run:n00000", "run:n00001", "integrate"}
OF_ALL = OF_FIRST | {"tests:n00001", "tests:n00002", "run:n00002"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, set[str]]]:
    """A Makefile of three nodes, the second of which needs the first, and the tasks of the job."""
    place = tmp_path_factory.mktemp("make")
    with trial(DIRECTOR, [Work("n00000"), Work("n00001", ("n00000",)), Work("n00002")]) as job:
        job.plan()
        tasks = control_of(graph_of(job)).tasks
        write_makefile(place, rules_of(tasks, job.job))
        yield place, {name for name, task in tasks.items() if task.actions}


def test_nothing_is_made_of_what_is_up_to_date(written: tuple[Path, set[str]]) -> None:
    place, _ = written

    assert "Nothing to be done" in make(place)


def test_every_task_has_a_rule(written: tuple[Path, set[str]]) -> None:
    place, tasks = written

    assert made(place, "--always-make") == tasks


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("task.md", PLANNING | OF_ALL),
        ("job.json", PLANNING | OF_ALL | {"baseline"}),
        ("nodes/n00000.json", OF_FIRST),
        ("tests/n00002.json", {"gate:plan", "run:n00002", "integrate"}),
        ("merged/n00000.json", {"run:n00001", "integrate"}),
        ("approved/plan.json", set()),
        ("baseline.json", {"integrate"}),
    ],
)
def test_what_reads_a_file_is_made_after_its_change(
    written: tuple[Path, set[str]], changed: str, expected: set[str]
) -> None:
    place, _ = written

    assert made(place, f"--what-if={changed}") == expected


def made(place: Path, *options: str) -> set[str]:
    recipes = (line.split() for line in make(place, "--dry-run", *options).splitlines())
    return {words[1] for words in recipes if words[0] == "false"}


def make(place: Path, *options: str) -> str:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    argv = ["make", "-C", str(place), *options]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout
