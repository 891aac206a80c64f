"""A daemon that left everything by which it could be known ends all the same, and no other child of ours does."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from director.shell import adoption, processes
from director.shell.environment import without_secrets
from director.shell.guardian import Guardian
from director.shell.processes import Finished, capture
from director.shell.table import read_any, read_stat
from tests.shell.programs import WRITE_PID, is_alive, python, recorded_pid, run_shell, still_alive

LEAVE = "import os; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0)"
DAEMON = f"env -i {python(LEAVE, WRITE_PID, 'time.sleep(60)')}"
"""A command that ends at once and leaves a daemon without our environment, our session and a parent."""
WAIT_FOR_PID = "while [ ! -s pid ]; do sleep 0.02; done"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans fall to us on Linux alone")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give processes so long to end that a test which waits for the time to pass fails."""
    monkeypatch.setattr(processes, "GRACE_SECONDS", 30)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as made:
        yield made


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    older, younger = tmp_path / "older", tmp_path / "younger"
    older.mkdir()
    younger.mkdir()
    return older, younger


def start_older(threads: ThreadPoolExecutor, directory: Path) -> "Future[Finished]":
    """Start a program that runs until there is a file `done`; return when it is up."""
    running = threads.submit(run_shell, "touch up; while [ ! -e done ]; do sleep 0.02; done", directory)
    while not (directory / "up").exists():
        time.sleep(0.01)
    return running


def zombies() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]


def test_a_daemon_that_left_environment_session_and_parent_ends_with_the_program(tmp_path: Path) -> None:
    done = run_shell(f"{DAEMON}; {WAIT_FOR_PID}", tmp_path)

    assert done.succeeded
    assert done.seconds < 10
    assert not is_alive(recorded_pid(tmp_path))


def test_what_such_a_daemon_started_ends_with_it(tmp_path: Path) -> None:
    done = run_shell(f"(env -i setsid sh -c 'sleep 60 & echo $! > pid; wait' &); {WAIT_FOR_PID}", tmp_path)

    assert done.succeeded
    assert not is_alive(recorded_pid(tmp_path))


def test_an_orphan_that_was_seen_below_a_program_ends_with_it_while_an_older_program_runs(
    places: tuple[Path, Path], threads: ThreadPoolExecutor
) -> None:
    older, younger = places
    running = start_older(threads, older)
    orphan = python(WRITE_PID, "time.sleep(60)")

    run_shell(f"(env -i setsid {orphan} & sleep 1.5); {WAIT_FOR_PID}", younger)

    assert not is_alive(recorded_pid(younger))
    (older / "done").touch()
    assert running.result().succeeded


def test_an_orphan_that_may_be_of_an_older_program_ends_with_that(
    places: tuple[Path, Path], threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption, "LOOK_SECONDS", 60)
    older, younger = places
    running = start_older(threads, older)

    run_shell(f"{DAEMON}; {WAIT_FOR_PID}", younger)

    assert is_alive(recorded_pid(younger))
    (older / "done").touch()
    assert running.result().succeeded
    assert not is_alive(recorded_pid(younger))


def test_an_orphan_is_not_left_to_an_older_program_that_was_looked_for_the_last_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption, "LOOK_SECONDS", 60)
    older = adoption.Call(["sleep", "0.1"], f"{uuid4().hex}/call", env=without_secrets())
    adoption.collect(older.process)
    assert older.left() == []

    run_shell(f"{DAEMON}; {WAIT_FOR_PID}", tmp_path)

    older.close()
    assert not is_alive(recorded_pid(tmp_path))


def test_a_program_that_ends_leaves_one_that_began_later_alone(
    places: tuple[Path, Path], threads: ThreadPoolExecutor
) -> None:
    older, younger = places
    first = start_older(threads, older)
    second = start_older(threads, younger)

    (older / "done").touch()

    assert first.result().succeeded
    assert not second.done()
    (younger / "done").touch()
    assert second.result().succeeded


def test_children_of_ours_in_our_session_or_from_before_are_left_alone(tmp_path: Path) -> None:
    before = subprocess.Popen(["sleep", "60"], start_new_session=True)
    time.sleep(0.1)
    beside = subprocess.Popen(["sleep", "60"])

    run_shell("sleep 0.3", tmp_path)

    assert (before.poll(), beside.poll()) == (None, None)
    for process in (before, beside):
        process.kill()
        process.wait()


def test_a_guardian_that_was_started_while_a_program_runs_is_left_alone(
    places: tuple[Path, Path], threads: ThreadPoolExecutor
) -> None:
    older, _ = places
    running = start_older(threads, older)
    guardian = Guardian(uuid4().hex)

    (older / "done").touch()

    assert running.result().succeeded
    assert still_alive([guardian._process.pid], within=0.3)
    guardian.close()


def test_orphans_that_end_by_themselves_are_collected(tmp_path: Path) -> None:
    before = zombies()

    run_shell("for i in 1 2 3 4 5 6 7 8; do (setsid sleep 0.05 &); (sleep 0.05 &); done; sleep 0.3", tmp_path)

    assert [zombie for zombie in zombies() if zombie not in before] == []


def test_the_exit_status_of_a_trusted_program_is_its_own_while_orphans_are_collected(
    tmp_path: Path, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption, "LOOK_SECONDS", 0)
    monkeypatch.setattr(processes, "POLL_SECONDS", 0.002)
    running = threads.submit(run_shell, "for i in $(seq 60); do (setsid sleep 0.01 &); done; sleep 0.5", tmp_path)

    statuses = [capture(["sh", "-c", "exit 3"], env=without_secrets()).exit_code for _ in range(60)]

    assert statuses == [3] * 60
    assert running.result().succeeded


def test_programs_that_begin_and_end_at_once_keep_their_exit_status(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    directories = [tmp_path / str(number) for number in range(24)]
    for directory in directories:
        directory.mkdir()

    done = list(threads.map(lambda directory: run_shell("(setsid sleep 0.05 &); exit 7", directory), directories))

    assert [finished.exit_code for finished in done] == [7] * 24


def test_a_process_is_read_alike_as_linux_tells_it_and_as_any_system_does() -> None:
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)

    told, read = read_stat(process.pid), read_any(process.pid)

    assert told._replace(born=0) == read._replace(born=0)
    assert told.session == process.pid
    process.kill()
    while not read_stat(process.pid).is_zombie:
        time.sleep(0.01)
    assert read_any(process.pid).is_zombie
    process.wait()
