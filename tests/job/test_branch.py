"""The job's branch: while it is held, nobody else moves it, and what it was moved to is kept."""

from pathlib import Path

import pytest

from director.core.errors import TipMoved
from director.core.events import Event, Note
from director.job.job import Job
from tests.git.checkout import git, tree_of
from tests.job.jobs import make_job


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def job(tmp_path: Path, told: list[Event]) -> Job:
    """A job whose branch is held and stands at its base."""
    made = make_job(tmp_path / "repository", told=told)
    made.branch.hold()
    made.branch.tip()
    return made


def commit_on(job: Job, parent: str, message: str) -> str:
    return job.repository.commit_tree(tree_of(job.repository, parent), parent=parent, message=message)


def point(job: Job, target: str) -> None:
    """Move the branch as somebody else would."""
    git(job.repository.root, "update-ref", job.identity.ref, target)


def foreign(job: Job) -> dict[str, str]:
    return job.repository.refs(f"{job.identity.kept_refs}foreign/")


def standing(job: Job) -> str | None:
    return job.repository.tip(job.identity.ref)


def test_between_two_runs_the_branch_is_the_users_to_move(tmp_path: Path, told: list[Event]) -> None:
    job = make_job(tmp_path / "repository", told=told)
    job.branch.tip()
    theirs = commit_on(job, job.identity.base, "theirs")

    point(job, theirs)

    assert job.branch.tip() == theirs
    assert told == []


def test_what_the_user_moved_before_the_branch_is_held_counts(tmp_path: Path, told: list[Event]) -> None:
    job = make_job(tmp_path / "repository", told=told)
    theirs = commit_on(job, job.identity.base, "theirs")
    point(job, theirs)

    job.branch.hold()

    assert job.branch.tip() == theirs
    assert told == []


def test_a_foreign_move_is_put_back_kept_and_told_with_a_way_to_have_it(job: Job, told: list[Event]) -> None:
    theirs = commit_on(job, job.identity.base, "theirs")
    point(job, theirs)

    tip = job.branch.tip()

    kept = f"{job.identity.kept_refs}foreign/{theirs[:12]}"
    assert (tip, standing(job)) == (job.identity.base, job.identity.base)
    assert foreign(job) == {kept: theirs}
    assert told == [
        Note(
            "the job's branch was moved while director worked: it was put back; "
            f"what it was moved to is kept as {kept}",
            hint=f"if it was you: wait for the end of the run, then 'git update-ref {job.identity.ref} {kept}'",
        )
    ]


def test_a_foreign_deletion_is_put_back_and_told(job: Job, told: list[Event]) -> None:
    git(job.repository.root, "update-ref", "-d", job.identity.ref)

    tip = job.branch.tip()

    assert (tip, standing(job)) == (job.identity.base, job.identity.base)
    assert foreign(job) == {}
    assert told == [
        Note("the job's branch was moved while director worked: it was put back; it had been deleted"),
    ]


def test_each_foreign_move_is_put_back_and_kept(job: Job, told: list[Event]) -> None:
    commits = [commit_on(job, job.identity.base, name) for name in ("one", "two")]
    for commit in commits:
        point(job, commit)
        assert job.branch.tip() == job.identity.base

    assert sorted(foreign(job).values()) == sorted(commits)
    assert len(told) == 2


def test_the_same_foreign_move_again_is_put_back_again(job: Job) -> None:
    theirs = commit_on(job, job.identity.base, "theirs")
    for _ in range(2):
        point(job, theirs)
        assert job.branch.tip() == job.identity.base

    assert list(foreign(job).values()) == [theirs]


def test_a_branch_that_was_made_a_link_to_another_is_put_back_and_the_other_is_left_alone(job: Job) -> None:
    theirs = commit_on(job, job.identity.base, "theirs")
    git(job.repository.root, "update-ref", "refs/heads/side", theirs)
    git(job.repository.root, "symbolic-ref", job.identity.ref, "refs/heads/side")

    tip = job.branch.tip()

    assert (tip, standing(job)) == (job.identity.base, job.identity.base)
    assert job.repository.tip("refs/heads/side") == theirs


def test_a_move_of_ours_is_known(job: Job, told: list[Event]) -> None:
    ours = commit_on(job, job.identity.base, "ours")

    job.branch.move(ours, old=job.identity.base)

    assert job.branch.tip() == ours
    assert (told, foreign(job)) == ([], {})


def test_after_a_move_of_ours_a_foreign_one_is_put_back_to_it(job: Job) -> None:
    ours = commit_on(job, job.identity.base, "ours")
    job.branch.move(ours, old=job.identity.base)

    point(job, job.identity.base)

    assert job.branch.tip() == ours
    assert list(foreign(job).values()) == [job.identity.base]


def test_a_move_that_meets_a_foreign_one_loses_and_the_foreign_one_is_put_back_then(job: Job) -> None:
    ours, theirs = (commit_on(job, job.identity.base, name) for name in ("ours", "theirs"))
    point(job, theirs)

    with pytest.raises(TipMoved):
        job.branch.move(ours, old=job.identity.base)
    tip = job.branch.tip()
    job.branch.move(ours, old=tip)

    assert standing(job) == ours
    assert list(foreign(job).values()) == [theirs]


def test_the_jobs_tip_is_put_back_too(job: Job) -> None:
    point(job, commit_on(job, job.identity.base, "theirs"))

    assert job.tip() == job.identity.base
