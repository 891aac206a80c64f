"""Working on a job: what an earlier run left is ended, and a signal ends the work in good order."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from director.core.errors import JobLocked
from director.core.events import Event, Note
from director.job.work import working
from director.shell import processes
from director.shell.environment import MARK, without_secrets
from tests.job.jobs import make_job


def start_sleeper(mark: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], env=without_secrets() | {MARK: mark}, start_new_session=True)


def test_what_an_earlier_run_of_the_job_left_behind_is_ended_and_told(tmp_path: Path) -> None:
    told: list[Event] = []
    job = make_job(tmp_path / "repository", told=told)
    left = start_sleeper(f"{job.family}/earlier/call")

    with working(job):
        assert left.wait(timeout=5) == -signal.SIGTERM

    assert told == [Note("ended what an earlier run had left running: 1 process")]


def test_what_another_job_runs_is_left_alone(tmp_path: Path) -> None:
    job, other = make_job(tmp_path / "one"), make_job(tmp_path / "two")
    running = start_sleeper(f"{other.family}/run/call")

    with working(job):
        assert running.poll() is None

    running.kill()
    running.wait()


def test_nothing_of_the_run_is_left_when_it_is_over(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository")

    with working(job):
        stray = start_sleeper(f"{job.mark}/call")

    assert stray.wait(timeout=5) == -signal.SIGTERM


def test_a_job_that_is_worked_on_is_held(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository")

    with working(job), pytest.raises(JobLocked), working(job):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_to_stop_and_the_second_one_insists(tmp_path: Path, number: signal.Signals) -> None:
    job = make_job(tmp_path / "repository")

    with pytest.raises(KeyboardInterrupt), working(job):
        os.kill(os.getpid(), number)
        assert processes.is_stopping()
        os.kill(os.getpid(), number)

    processes.clear_stop()


def test_signals_mean_what_they_meant_when_the_work_is_over(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    with working(make_job(tmp_path / "repository")):
        pass

    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_request_to_stop_does_not_outlive_the_work_that_it_was_meant_for(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository")
    processes.request_stop()

    with working(job):
        assert not processes.is_stopping()


def test_a_configuration_that_an_agent_broke_is_put_back_when_git_stumbles_over_it(tmp_path: Path) -> None:
    told: list[Event] = []
    job = make_job(tmp_path / "repository", told=told)
    config = tmp_path / "repository" / ".git" / "config"
    users = config.read_text()
    job.look_after_repository()
    config.write_text(f"{users}[broken\n")

    assert job.repository.git.text("rev-parse", "HEAD")

    assert config.read_text() == users
    assert any("put back" in event.text for event in told if isinstance(event, Note))
