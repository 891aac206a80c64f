"""Nothing that a program started outlives it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from director.shell import processes
from director.shell.environment import MARK, without_secrets
from director.shell.processes import Ended, end_marked, marked_processes
from tests.shell.programs import WRITE_PID, is_alive, python, recorded_pid, run_shell

LEAVE_SESSION = "import os; os.fork() and os._exit(0); os.setsid()"
DAEMON = (LEAVE_SESSION, "os.fork() and os._exit(0)", WRITE_PID, 'print("up", flush=True)', "time.sleep(60)")
WAIT_FOR_PID = "while [ ! -s pid ]; do sleep 0.02; done"


@pytest.fixture
def sleepers() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give processes so long to end that a test which waits for the time to pass fails."""
    monkeypatch.setattr(processes, "GRACE_SECONDS", 30)


def start_sleeper(mark: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], env={**without_secrets(), MARK: mark}, start_new_session=True)


def test_a_child_in_the_background_ends_with_the_program(tmp_path: Path, patient: None) -> None:
    done = run_shell("sleep 60 & echo $! > pid", tmp_path)

    assert done.succeeded
    assert done.seconds < 10
    assert not is_alive(recorded_pid(tmp_path))


def test_a_child_in_a_session_of_its_own_ends_with_the_program(tmp_path: Path, patient: None) -> None:
    child = python("import os", "os.setsid()", WRITE_PID, "time.sleep(60)")

    done = run_shell(f"{child} & {WAIT_FOR_PID}", tmp_path)

    assert done.succeeded
    assert done.seconds < 10
    assert not is_alive(recorded_pid(tmp_path))


def test_a_daemon_that_holds_the_output_open_ends_with_the_program(tmp_path: Path, patient: None) -> None:
    done = run_shell(f"{python(*DAEMON)}; {WAIT_FOR_PID}", tmp_path)

    assert done.succeeded
    assert done.seconds < 10
    assert not is_alive(recorded_pid(tmp_path))


def test_a_daemon_ends_also_if_the_program_ran_out_of_time(tmp_path: Path) -> None:
    done = run_shell(f"{python(*DAEMON)}; sleep 60", tmp_path, wall=1)

    assert done.ended is Ended.TIMEOUT
    assert not is_alive(recorded_pid(tmp_path))


def test_a_program_that_ignores_being_asked_to_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)

    done = run_shell("trap '' TERM; echo $$ > pid; while :; do sleep 0.05; done", tmp_path, wall=0.3)

    assert (done.ended, done.exit_code) == (Ended.TIMEOUT, -9)
    assert not is_alive(recorded_pid(tmp_path))


def test_a_daemon_that_ignores_being_asked_to_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)
    deaf = python("import signal", "signal.signal(15, signal.SIG_IGN)", *DAEMON)

    done = run_shell(f"{deaf}; {WAIT_FOR_PID}", tmp_path)

    assert done.succeeded
    assert not is_alive(recorded_pid(tmp_path))


def test_a_process_that_starts_another_when_asked_to_end_takes_it_along(tmp_path: Path) -> None:
    heir = "trap '{ setsid sleep 60 & echo $! > pid; exit; }' TERM; while :; do sleep 0.05; done"

    done = run_shell(heir, tmp_path, wall=0.4)

    assert done.ended is Ended.TIMEOUT
    assert not is_alive(recorded_pid(tmp_path))


def test_a_stopped_process_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)

    done = run_shell("echo $$ > pid; kill -STOP $$", tmp_path, wall=0.3)

    assert done.ended is Ended.TIMEOUT
    assert not is_alive(recorded_pid(tmp_path))


def test_a_session_of_its_own_that_cleared_its_environment_ends_with_a_program_out_of_time(tmp_path: Path) -> None:
    done = run_shell("env -i setsid sleep 60 & echo $! > pid; sleep 60", tmp_path, wall=0.4)

    assert done.ended is Ended.TIMEOUT
    assert not is_alive(recorded_pid(tmp_path))


def test_a_program_that_may_clean_up_is_given_the_time(tmp_path: Path) -> None:
    done = run_shell("trap 'sleep 0.3; echo cleaned; exit 5' TERM; echo up; sleep 60 & wait", tmp_path, wall=0.3)

    assert (done.ended, done.exit_code) == (Ended.TIMEOUT, 5)
    assert (tmp_path / "out").read_text() == "up\ncleaned\n"


def test_every_process_of_a_mark_and_of_those_below_is_ended(sleepers: list[subprocess.Popen[bytes]]) -> None:
    mark = uuid4().hex
    sleepers += [start_sleeper(mark), start_sleeper(f"{mark}/run"), start_sleeper(f"{mark}/run/call")]

    ended = end_marked(mark)

    assert ended == 3
    assert [process.wait(timeout=5) for process in sleepers] == [-15] * 3


def test_a_process_of_another_mark_is_left_alone(sleepers: list[subprocess.Popen[bytes]]) -> None:
    mark = uuid4().hex
    sleepers += [start_sleeper(f"{mark}0"), start_sleeper(f"other/{mark}"), start_sleeper("")]

    ended = end_marked(mark)

    assert ended == 0
    assert [process.poll() for process in sleepers] == [None] * 3


def test_a_process_with_the_mark_never_ends_itself() -> None:
    mark = uuid4().hex
    script = f"from director.shell.processes import end_marked; print(end_marked('{mark}'))"

    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, MARK: mark}, capture_output=True, text=True, check=True
    )

    assert done.stdout == "0\n"


def test_a_process_that_waits_to_be_collected_is_not_found(sleepers: list[subprocess.Popen[bytes]]) -> None:
    mark = uuid4().hex
    sleepers.append(start_sleeper(mark))
    sleepers[0].kill()
    time.sleep(0.1)

    assert marked_processes(mark) == []
