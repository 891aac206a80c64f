"""One director holds a job."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from director.artifacts.directory import JobDirectory
from director.core.errors import ExitCode, JobLocked
from director.job.lock import hold, is_held

HOLDER = """
import sys, time
from pathlib import Path
from director.artifacts.directory import JobDirectory
from director.job.lock import hold

with hold(JobDirectory(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    return JobDirectory(tmp_path / "new" / ".director")


@pytest.fixture
def holder(directory: JobDirectory) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the job until its input ends."""
    argv = [sys.executable, "-c", HOLDER, str(directory.path)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_director_is_told_who_holds_the_job(directory: JobDirectory, holder: subprocess.Popen[str]) -> None:
    since = json.loads(directory.holder.read_text())["since"]

    with pytest.raises(JobLocked) as caught, hold(directory):
        pass

    assert str(caught.value) == (
        f"'{directory.path}' is held by process {holder.pid} on {socket.gethostname()}, since {since}\n"
        "hint: wait for it, or stop it: its work is kept"
    )
    assert caught.value.exit_code is ExitCode.LOCKED


def test_being_refused_changes_nothing_for_the_holder(directory: JobDirectory, holder: subprocess.Popen[str]) -> None:
    before = directory.holder.read_text()

    with pytest.raises(JobLocked), hold(directory):
        pass

    assert directory.holder.read_text() == before
    with pytest.raises(JobLocked), hold(directory):
        pass


@pytest.mark.parametrize("note", ["", "{", '{"pid": "x"}'])
def test_a_note_about_the_holder_that_cannot_be_read_does_not_matter(
    directory: JobDirectory, holder: subprocess.Popen[str], note: str
) -> None:
    directory.holder.write_text(note)

    with pytest.raises(JobLocked, match="is held by another director"), hold(directory):
        pass


def test_the_lock_of_a_killed_holder_is_taken_over(directory: JobDirectory, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()

    with hold(directory):
        assert json.loads(directory.holder.read_text())["pid"] == os.getpid()


def test_a_job_is_held_while_its_holder_lives(directory: JobDirectory, holder: subprocess.Popen[str]) -> None:
    assert is_held(directory)

    holder.kill()
    holder.wait()

    assert directory.holder.exists()
    assert not is_held(directory)


def test_a_holder_that_ends_lets_go_and_leaves_no_note(directory: JobDirectory, holder: subprocess.Popen[str]) -> None:
    holder.communicate()

    assert not directory.holder.exists()
    with hold(directory):
        pass


def test_a_job_that_was_let_go_after_a_failure_can_be_held_again(directory: JobDirectory) -> None:
    with pytest.raises(KeyError), hold(directory):
        raise KeyError

    with hold(directory):
        pass


def test_the_same_process_cannot_hold_a_job_twice(directory: JobDirectory) -> None:
    with hold(directory), pytest.raises(JobLocked, match=f"process {os.getpid()} "), hold(directory):
        pass


def test_a_program_that_the_holder_started_does_not_go_on_holding_the_job(directory: JobDirectory) -> None:
    with hold(directory):
        child = subprocess.Popen(["sleep", "60"])

    with hold(directory):
        pass
    child.kill()
    child.wait()


def test_jobs_of_other_directories_are_held_apart(directory: JobDirectory, tmp_path: Path) -> None:
    with hold(directory), hold(JobDirectory(tmp_path / "other")):
        pass
