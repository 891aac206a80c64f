"""What an attempt is told of work that landed since the one before it."""

from pathlib import Path

import pytest

from director.core.plan.node import Node
from director.job.job import Job
from director.stages.landing import trailers
from director.stages.news import news_since
from tests.git.checkout import Checkout
from tests.job.jobs import make_job

REF = "refs/director/x/alpha/1"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job whose first attempt at `alpha` is kept, with nothing landed since."""
    made = make_job(tmp_path / "repository")
    made.nodes["beta"] = Node(id="beta", title="Write beta")
    land(made, "tests:alpha", "test_alpha.py")
    made.repository.keep(REF, commit(made, "Write alpha", "alpha.py"))
    return made


def commit(job: Job, message: str, *paths: str) -> str:
    """Make a commit on the tip that writes files; no branch moves."""
    checkout = Checkout(job.repository.root)
    checkout.git("checkout", "-q", "--detach", job.tip())
    return checkout.commit(message, **dict.fromkeys(paths, f"{message}\n"))


def land(job: Job, task: str, *paths: str) -> None:
    """Land a commit of a task."""
    made = commit(job, f"work\n\n{trailers(job, task=task, inputs='x')}", *paths)
    job.branch.move(made, old=job.tip())


def told(job: Job, ref: str = REF) -> list[str]:
    return news_since(job, ref, task="run:alpha", tip=job.tip())


def test_while_nothing_landed_there_is_no_news(job: Job) -> None:
    assert told(job) == []


def test_what_others_landed_is_told_by_node_title_and_files(job: Job) -> None:
    land(job, "run:beta", "beta.py", "dir/new\nline")
    land(job, "tests:gone", "test_gone.py")
    land(job, "run:alpha", "alpha.py")

    assert told(job) == [
        "'beta' (Write beta): beta.py, 'dir/new\\nline'",
        "the tests of 'gone': test_gone.py",
    ]


def test_new_commits_of_the_base_branch_are_news_too(job: Job) -> None:
    land(job, "update", "theirs.py")

    assert told(job) == ["new commits of the base branch: theirs.py"]


def test_of_many_files_some_are_named(job: Job) -> None:
    land(job, "run:beta", *(f"{number:02}.py" for number in range(12)))

    assert told(job)[0].endswith("08.py, 09.py, 2 more")


def test_of_many_commits_the_last_are_told(job: Job) -> None:
    for number in range(22):
        land(job, f"run:n{number}", f"{number}.py")

    assert told(job)[:2] == ["2 commits before these", "'n2': 2.py"]
    assert len(told(job)) == 21


@pytest.mark.parametrize("ref", ["", "refs/director/x/alpha/9"])
def test_where_the_attempt_before_is_not_kept_there_is_no_news(job: Job, ref: str) -> None:
    land(job, "run:beta", "beta.py")

    assert told(job, ref) == []


def test_what_was_reverted_is_told_as_gone(job: Job) -> None:
    land(job, "revert:beta", "beta.py")

    assert told(job) == ["no longer 'beta' (Write beta): beta.py"]
