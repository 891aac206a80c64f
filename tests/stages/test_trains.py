"""Commits that wait to land at the same time: they land as a train, tested once where its last one stands."""

import threading
import time
from pathlib import Path

import pytest

from director.core.errors import Rejected
from director.core.plan.node import Node
from director.job.arrivals import Arrival
from director.job.job import Job
from director.stages.landing import land, trailers
from tests.git.checkout import Checkout
from tests.job.jobs import make_job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job on which nobody works, with room for outputs."""
    made = make_job(tmp_path / "repository")
    made.directory.logs("run").mkdir(parents=True)
    return made


def arrival(job: Job, name: str, test: str, **files: str) -> Arrival:
    """Make a commit at the base that brings the work of a node; the test is a shell command."""
    node = Node(id=name, title=name, files=tuple(files), test_cmd=f"echo {name} >> {runs(job)}; {test}")
    job.nodes[name] = node
    message = f"{name}\n\n{trailers(job, task=f'run:{name}', inputs=name, work=name)}"
    place = job.repository.root.with_name(name)
    Checkout(job.repository.root).git("worktree", "add", "-q", "--detach", str(place), job.identity.base)
    commit = Checkout(place).commit(message, **files)
    log = job.directory.logs(f"run:{name}")
    log.mkdir()
    base = job.identity.base
    return Arrival(commit, base, frozenset(files), message, kept="", node=node, log=log)


def runs(job: Job) -> Path:
    """Where each test writes its name."""
    return job.repository.root.parent / "runs"


def ran(job: Job) -> list[str]:
    """The tests that ran, by name."""
    return sorted(runs(job).read_text().split()) if runs(job).exists() else []


def land_together(job: Job, *arrivals: Arrival) -> dict[str, str]:
    """Land commits that all wait at the same moment; return why some did not, by the names of their nodes."""
    refused: dict[str, str] = {}

    def come(one: Arrival) -> None:
        try:
            land(job, one)
        except (Rejected, OSError) as error:
            assert one.node
            refused[one.node.id] = str(error)

    threads = [threading.Thread(target=come, args=(one,)) for one in arrivals]
    with job.arrivals._landing:
        for number, thread in enumerate(threads, start=1):
            thread.start()
            while len(job.arrivals._waiting) < number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    return refused


def subjects(job: Job) -> list[str]:
    """The commits on the branch, oldest first."""
    tip = job.tip()
    log = job.repository.git.text("log", "--reverse", "--format=%s", f"{job.identity.base}..{tip}")
    return log.splitlines()


def test_commits_that_wait_together_are_tested_once_each_and_land_in_their_order(job: Job) -> None:
    names = ["a", "b", "c", "d"]

    refused = land_together(job, *(arrival(job, name, f"test -f {name}", **{name: "x\n"}) for name in names))

    assert refused == {}
    assert subjects(job) == names
    assert ran(job) == names


def test_one_commit_that_only_adds_files_to_its_own_base_is_not_tested_again(job: Job) -> None:
    land_together(job, arrival(job, "a", "test -f a", a="x\n"))

    assert subjects(job) == ["a"]
    assert ran(job) == []


def test_of_two_that_are_red_together_one_lands(job: Job) -> None:
    test = "test ! -e a || test ! -e b"

    refused = land_together(job, arrival(job, "a", test, a="x\n"), arrival(job, "b", test, b="x\n"))

    assert subjects(job) == ["a"]
    assert list(refused) == ["b"]
    assert "failed in a clean checkout" in refused["b"] or "no longer green" in refused["b"]


def test_a_red_one_among_many_holds_up_no_other(job: Job) -> None:
    names = ["a", "b", "c", "d", "e"]
    arrivals = [
        arrival(job, name, "test ! -e c || test ! -e a" * (name == "c") or "true", **{name: "x\n"}) for name in names
    ]

    refused = land_together(job, *arrivals)

    assert list(refused) == ["c"]
    assert subjects(job) == ["a", "b", "d", "e"]


def test_one_that_conflicts_with_another_of_the_train_is_told_so_and_holds_up_no_other(job: Job) -> None:
    one, other = arrival(job, "a", "true", shared="a\n"), arrival(job, "b", "true", shared="b\n")

    refused = land_together(job, one, other, arrival(job, "c", "true", c="x\n"))

    assert list(refused) == ["b"]
    assert "does not combine with the job branch" in refused["b"]
    assert subjects(job) == ["a", "c"]


def test_one_that_changes_what_it_may_not_holds_up_no_other(job: Job) -> None:
    bad = arrival(job, "a", "true", a="x\n", README="x\n")
    narrow = Arrival(bad.commit, bad.base, frozenset({"a"}), bad.message, node=bad.node, log=bad.log)

    refused = land_together(job, narrow, arrival(job, "b", "true", b="x\n"))

    assert "changes what it may not: 'README'" in refused["a"]
    assert subjects(job) == ["b"]


def test_a_train_is_tested_with_what_landed_since_its_bases(job: Job) -> None:
    later = [arrival(job, name, f"test -f {name}", **{name: "x\n"}) for name in ("b", "c")]
    land(job, arrival(job, "a", "test -f a", a="x\n"))

    land_together(job, *later)

    assert ran(job) == ["a", "b", "c"]


def test_one_that_changes_what_was_there_is_tested_with_all_that_landed(job: Job) -> None:
    land(job, arrival(job, "a", "test -f a", a="x\n"))
    tip = job.tip()
    runs(job).unlink(missing_ok=True)
    made = arrival(job, "b", "test -f b", **{"README.md": "changed\n"})
    commit = job.repository.commit_tree(job.repository.merge_trees(tip, made.commit), parent=tip, message=made.message)

    land(job, Arrival(commit, tip, made.allowed, made.message, node=made.node, log=made.log))

    assert ran(job) == ["a"]


def test_who_waits_beside_one_that_could_not_be_tried_lands_without_it(job: Job) -> None:
    spoiled, other = (arrival(job, name, "true", **{name: "x\n"}) for name in ("a", "b"))
    spoiled.log.rmdir()
    spoiled.log.write_text("in the way")

    refused = land_together(job, spoiled, other)

    assert list(refused) == ["a"]
    assert "exists" in refused["a"] or "directory" in refused["a"]
    assert subjects(job) == ["b"]
