"""What of a job makes a page new, and what it says of a job that is at work or waits."""

import os
from pathlib import Path

import pytest

from director.artifacts.directory import JobDirectory
from director.artifacts.files import write_model
from director.core.artifacts import Asked
from director.core.calls import CallKey
from director.core.requests import FileRequest
from director.core.roles import Role
from director.core.tiers import Tier
from director.git.repository import Repository
from director.job.configuration import load_config
from director.job.job import Job
from director.job.lock import hold
from director.report.live import Wait, live_of
from director.report.revision import revision_of
from tests.project import Project
from tests.report.reports import node_of, report_of
from tests.running import pause_at_spec

STATUS = report_of(node_of("alpha")).status


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    directory = JobDirectory(tmp_path / "job")
    attempt = directory.logs("run:a") / "1"
    attempt.mkdir(parents=True)
    (attempt / "prompt.md").write_text("do it")
    (directory.path / "costs.jsonl").write_text("{}\n")
    return directory


@pytest.mark.parametrize("name", ["costs.jsonl", "merged/a.json", "logs/run/a/1/gate.txt", "config.toml", "doit.db"])
def test_a_file_that_the_page_tells_of_makes_it_new(directory: JobDirectory, name: str) -> None:
    before = revision_of(directory)
    path = directory.path / name
    path.parent.mkdir(parents=True, exist_ok=True)

    with path.open("a") as file:
        file.write("more\n")

    assert revision_of(directory) != before


@pytest.mark.parametrize("name", ["report.html", "logs/run/a/1/transcript.jsonl", "cassette.yaml", "lock", "reserve"])
def test_a_file_that_no_page_tells_of_changes_nothing(directory: JobDirectory, name: str) -> None:
    before = revision_of(directory)

    (directory.path / name).write_text("more\n")

    assert revision_of(directory) == before


def test_a_file_that_is_replaced_by_one_of_the_same_size_and_time_is_seen(directory: JobDirectory) -> None:
    before, old = revision_of(directory), directory.costs.stat()
    new = directory.path / "new"
    new.write_text("[]\n")
    os.utime(new, ns=(old.st_atime_ns, old.st_mtime_ns))

    new.replace(directory.costs)

    assert revision_of(directory) != before


def test_no_link_is_followed(directory: JobDirectory, tmp_path: Path) -> None:
    (directory.path / "nodes").symlink_to(tmp_path)
    before = revision_of(directory)

    (tmp_path / "x.json").write_text("{}")

    assert revision_of(directory) == before


def job_of(project: Project) -> Job:
    directory = JobDirectory(project.root / ".director")
    return Job(Repository.open(project.root), directory, load_config(project.root, directory.path))


def test_what_waits_is_told_with_the_command(project: Project) -> None:
    pause_at_spec(project)

    live = live_of(job_of(project), STATUS, revision="r")

    spec = project.file("spec.md")
    told = f"spec.md waits for your approval. Read {spec}, edit it if you like, then:"
    assert live.waits == (Wait(told=told, command="director approve"),)
    assert not live.is_at_work


def test_files_that_a_node_asks_for_are_told_with_the_command(project: Project) -> None:
    request = FileRequest(path="other file.py", reason="it must")
    node = STATUS.nodes[0].model_copy(update={"requests": (request,)})

    live = live_of(job_of(project), STATUS.model_copy(update={"nodes": (node,)}), revision="r")

    told = "alpha asks for files: other file.py."
    assert live.waits == (Wait(told=told, command="director allow alpha 'other file.py'"),)


def test_while_a_director_is_at_work_nothing_waits_for_a_person(project: Project) -> None:
    pause_at_spec(project)
    job = job_of(project)
    asked = Asked(
        id="0" * 32,
        request="",
        key=CallKey(role=Role.EXECUTOR, task="run:alpha", attempt=2),
        tier=Tier(backend="replay", model="x"),
        log="logs/run/alpha/2",
        directory="",
    )

    with hold(job.directory):
        write_model(job.directory.calls / f"{asked.id}.json", asked)
        live = live_of(job, STATUS, revision="r")

    assert live.is_at_work
    assert live.asked == ("executor for run:alpha, attempt 2",)
    assert live.waits == ()
