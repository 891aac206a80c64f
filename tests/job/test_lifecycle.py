"""Beginning a job, and putting one aside."""

from pathlib import Path

import pytest

from director.artifacts.directory import JobDirectory
from director.artifacts.files import write_model
from director.core.artifacts import GatesRun
from director.core.errors import ConfigError
from director.git.repository import Repository
from director.job.lifecycle import archive_job, begin_job, is_finished, set_task
from tests.git.checkout import Checkout, fingerprint


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    made = Checkout.create(tmp_path / "repository")
    made.commit("first", **{"README.md": "A project.\n"})
    return made


@pytest.fixture
def repository(checkout: Checkout) -> Repository:
    return Repository.open(checkout.root)


@pytest.fixture
def directory(checkout: Checkout) -> JobDirectory:
    return JobDirectory(checkout.root / ".director")


def finish(repository: Repository, directory: JobDirectory) -> str:
    """Make a job look finished; return its id."""
    identity = begin_job(repository, directory)
    write_model(directory.integration, GatesRun(commit=identity.base, gates={}))
    return identity.id


def test_a_job_begins_at_head_with_a_branch_of_its_own(
    checkout: Checkout, repository: Repository, directory: JobDirectory
) -> None:
    identity = begin_job(repository, directory)

    assert identity.base == checkout.git("rev-parse", "HEAD")
    assert repository.tip(f"refs/heads/director/job-{identity.id}") == identity.base
    assert checkout.git("status", "--porcelain") == "?? .director/"
    assert checkout.git("symbolic-ref", "HEAD") == "refs/heads/main"


def test_a_job_can_begin_elsewhere(checkout: Checkout, repository: Repository, directory: JobDirectory) -> None:
    first = checkout.git("rev-parse", "HEAD")
    checkout.commit("second")

    assert begin_job(repository, directory, base="HEAD~1").base == first


def test_a_base_that_there_is_not_begins_nothing(repository: Repository, directory: JobDirectory) -> None:
    with pytest.raises(ConfigError, match="'nowhere' is not a commit"):
        begin_job(repository, directory, base="nowhere")

    assert not directory.path.exists()


def test_a_job_that_has_begun_stays_what_it_is(
    checkout: Checkout, repository: Repository, directory: JobDirectory
) -> None:
    identity = begin_job(repository, directory)
    checkout.commit("second")

    assert begin_job(repository, directory, base="HEAD") == identity


def test_jobs_have_ids_of_their_own(repository: Repository, tmp_path: Path) -> None:
    first = begin_job(repository, JobDirectory(tmp_path / "one"))
    second = begin_job(repository, JobDirectory(tmp_path / "two"))

    assert first.id != second.id


def test_git_sees_only_what_is_the_users_own(
    checkout: Checkout, repository: Repository, directory: JobDirectory
) -> None:
    begin_job(repository, directory)
    for path in ("config.toml", "profiles/fast.toml", "templates/roles/executor.md", "plan.json", "logs/x", "lock"):
        checkout.write(f".director/{path}")

    seen = checkout.git("ls-files", "--others", "--exclude-standard").splitlines()

    assert seen == [
        ".director/.gitignore",
        ".director/config.toml",
        ".director/profiles/fast.toml",
        ".director/templates/roles/executor.md",
    ]


def test_ignore_rules_of_the_user_are_kept(checkout: Checkout, repository: Repository, directory: JobDirectory) -> None:
    checkout.write(".director/.gitignore", "mine\n")

    begin_job(repository, directory)

    assert (directory.path / ".gitignore").read_text() == "mine\n"


def test_a_first_task_is_written(repository: Repository, directory: JobDirectory) -> None:
    archived = set_task(repository, directory, "  do it\n\n", new=False)

    assert not archived
    assert directory.task.read_text() == "do it\n"


def test_the_same_task_again_is_the_same_job(repository: Repository, directory: JobDirectory) -> None:
    set_task(repository, directory, "do it", new=False)
    identity = begin_job(repository, directory)

    archived = set_task(repository, directory, "do it\n", new=False)

    assert not archived
    assert begin_job(repository, directory) == identity


def test_another_task_is_refused_while_the_job_is_not_finished(repository: Repository, directory: JobDirectory) -> None:
    set_task(repository, directory, "do it", new=False)
    begin_job(repository, directory)

    with pytest.raises(ConfigError) as caught:
        set_task(repository, directory, "do something else", new=False)

    assert str(caught.value).startswith(f"the job in '{directory.path}' is not finished and has another task\nhint: ")
    assert directory.task.read_text() == "do it\n"


def test_another_task_puts_a_finished_job_aside(repository: Repository, directory: JobDirectory) -> None:
    set_task(repository, directory, "do it", new=False)
    job = finish(repository, directory)

    archived = set_task(repository, directory, "do something else", new=False)

    assert archived
    assert directory.task.read_text() == "do something else\n"
    assert (directory.archive / job / "task.md").read_text() == "do it\n"
    assert not directory.identity.exists()


def test_a_new_job_of_the_same_task_can_be_asked_for(repository: Repository, directory: JobDirectory) -> None:
    set_task(repository, directory, "do it", new=False)
    first = begin_job(repository, directory)

    archived = set_task(repository, directory, "do it", new=True)

    assert archived
    assert begin_job(repository, directory).id != first.id
    assert repository.tip(first.ref) == first.base


def test_the_users_own_files_stay_where_they_are(
    checkout: Checkout, repository: Repository, directory: JobDirectory
) -> None:
    own = ["config.toml", "cassette.yaml", "profiles/fast.toml", "templates/prompts/x.j2", "notes.md", ".gitignore"]
    for path in own:
        checkout.write(f".director/{path}")
    set_task(repository, directory, "do it", new=False)
    begin_job(repository, directory)

    archive_job(directory)

    assert sorted(path for path in fingerprint(directory.path) if not path.startswith("archive/")) == sorted(own)


def test_everything_of_the_job_is_kept_in_the_archive(
    checkout: Checkout, repository: Repository, directory: JobDirectory
) -> None:
    set_task(repository, directory, "do it", new=False)
    job = finish(repository, directory)
    parts = ["spec.md", "plan.json", "nodes/a.json", "tests/a.json", "merged/a.json", "approved/spec.json", "doit.db"]
    parts += ["logs/run/a/1/reply.json", "costs.jsonl", "metrics.jsonl", "generated/spec.md", "baseline.json"]
    parts += ["built/0"]
    for path in parts:
        checkout.write(f".director/{path}")

    target = archive_job(directory)

    assert target == directory.archive / job
    assert sorted(fingerprint(target)) == sorted([*parts, "task.md", "job.json", "integration.json"])


def test_the_identity_goes_last_so_that_a_killed_archiving_can_be_done_again(
    checkout: Checkout, repository: Repository, directory: JobDirectory
) -> None:
    set_task(repository, directory, "do it", new=False)
    begin_job(repository, directory)
    checkout.write(".director/merged/a.json")
    checkout.write(".director/plan.json")

    target = archive_job(directory)

    moved = {path.name: path.stat().st_ctime_ns for path in target.iterdir()}
    assert moved["job.json"] == max(moved.values())


def test_what_was_put_aside_twice_is_there_twice(repository: Repository, directory: JobDirectory) -> None:
    set_task(repository, directory, "do it", new=False)
    finish(repository, directory)
    identity = directory.identity.read_bytes()
    first = archive_job(directory)
    directory.identity.write_bytes(identity)

    second = archive_job(directory)

    assert second != first
    assert (first / "task.md").exists()


def test_a_job_is_finished_where_its_branch_was_integrated(
    checkout: Checkout, repository: Repository, directory: JobDirectory
) -> None:
    before = is_finished(repository, directory)
    begin_job(repository, directory)
    begun = is_finished(repository, directory)
    finish(repository, directory)

    assert (before, begun, is_finished(repository, directory)) == (False, False, True)


def test_a_job_whose_branch_went_on_is_not_finished(
    checkout: Checkout, repository: Repository, directory: JobDirectory
) -> None:
    finish(repository, directory)
    identity = begin_job(repository, directory)

    repository.move(identity.ref, checkout.commit("second"), old=identity.base)

    assert not is_finished(repository, directory)


def test_a_branch_that_stands_in_the_way_is_told_and_nothing_is_written(
    checkout: Checkout, repository: Repository, directory: JobDirectory
) -> None:
    checkout.git("branch", "director")

    with pytest.raises(ConfigError) as caught:
        begin_job(repository, directory)

    assert "git branch -m director" in caught.value.hint
    assert not directory.path.exists()


def test_a_job_whose_file_names_a_branch_of_the_users_is_refused(
    checkout: Checkout, repository: Repository, directory: JobDirectory
) -> None:
    identity = begin_job(repository, directory)
    directory.identity.write_text(directory.identity.read_text().replace(identity.branch, "main"))

    with pytest.raises(ConfigError, match=r"branch: "):
        begin_job(repository, directory)
