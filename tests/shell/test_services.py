"""A program that outlives a call: what it ran for a guest ends with the guest, and all the rest with the program."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from director.shell import adoption, processes
from director.shell.environment import MARK, without_secrets
from director.shell.guardian import Guardian
from director.shell.services import Service
from tests.running import wait_until
from tests.shell.programs import WRITE_PID, is_alive, python, recorded_pid, run_shell, still_alive

SERVER = """
import os, pathlib, subprocess, sys, time
here = pathlib.Path(sys.argv[1])
print("ready", flush=True)
while True:
    for order in sorted(here.glob("*/order")):
        mark = (order.parent / "mark").read_text()
        command = order.read_text()
        order.unlink()
        environment = {**os.environ, "DIRECTOR_MARK": mark}
        subprocess.Popen(["/bin/sh", "-c", command], cwd=order.parent, env=environment, start_new_session=True)
    time.sleep(0.02)
"""
"""Runs the command of every `NAME/order`, in a session of its own, with the mark that stands beside it."""
LEAVE = "import os; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0)"
DAEMON = f"env -i {python(LEAVE, WRITE_PID, 'time.sleep(60)')}"
"""A command that ends at once and leaves a daemon without our environment, our session and a parent."""


class Bench:
    """A service and the directories of its guests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.mark = f"services-{os.getpid()}/{root.name}"
        argv = [sys.executable, "-c", SERVER, str(root)]
        self.service = Service(argv, cwd=root, env=without_secrets(), output=root / "out", mark=self.mark)

    def mark_of(self, name: str) -> str:
        return f"{self.mark}/{name}"

    def order(self, name: str, command: str) -> int:
        """Have a command run for a guest, and return the pid that it wrote."""
        directory = self.root / name
        directory.mkdir(exist_ok=True)
        (directory / "pid").unlink(missing_ok=True)
        (directory / "mark").write_text(self.mark_of(name))
        (directory / "partial").write_text(command)
        (directory / "partial").rename(directory / "order")
        until = time.monotonic() + 20
        while not ((directory / "pid").exists() and (directory / "pid").read_text()) and time.monotonic() < until:
            time.sleep(0.01)
        return recorded_pid(directory)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.service.end()


SLEEP = python(WRITE_PID, "time.sleep(60)")


def test_what_was_run_for_a_guest_ends_with_it_and_nothing_else_does(bench: Bench) -> None:
    with bench.service.guest(bench.mark_of("one")):
        ones = bench.order("one", SLEEP)
        with bench.service.guest(bench.mark_of("two")):
            twos = bench.order("two", f"setsid {SLEEP} & wait")

        assert not is_alive(twos)
        assert is_alive(ones)
        assert bench.service.is_running
    assert not is_alive(ones)
    assert bench.service.is_running


def test_what_cleared_its_environment_ends_with_the_guest_below_whose_command_it_was_seen(bench: Bench) -> None:
    with bench.service.guest(bench.mark_of("one")):
        with bench.service.guest(bench.mark_of("two")):
            pid = bench.order("two", f"env -i setsid {SLEEP} & sleep 1")
            time.sleep(adoption.LOOK_SECONDS)  # it was looked at just now, when another test ended
            bench.service.look()
            time.sleep(1.5)  # the command is over, and its child an orphan

        assert not is_alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="orphans fall to us on Linux alone")
def test_a_daemon_that_nobody_saw_begin_ends_with_the_last_guest(bench: Bench) -> None:
    with bench.service.guest(bench.mark_of("one")):
        with bench.service.guest(bench.mark_of("two")):
            pid = bench.order("two", DAEMON)

        assert is_alive(pid), "it may be the other guest's"
    assert not is_alive(pid)
    assert bench.service.is_running


def test_the_end_of_a_service_ends_everything_that_it_started(bench: Bench) -> None:
    with bench.service.guest(bench.mark_of("one")):
        pids = [bench.order("one", SLEEP), bench.order("one", f"env -i setsid {SLEEP} & wait")]
        bench.service.look()

        bench.service.end()

        assert still_alive(pids, within=1) == []
    assert not bench.service.is_running
    assert processes.marked_processes(bench.mark) == []


def test_a_service_outlives_other_programs_and_they_outlive_its_guests(bench: Bench) -> None:
    with bench.service.guest(bench.mark_of("one")):
        pid = bench.order("one", f"setsid {SLEEP} &")
        place = bench.root / "other"
        place.mkdir()

        done = run_shell("sleep 1", place)

        assert done.succeeded
        assert is_alive(pid)
    assert bench.service.is_running


def test_a_service_that_ended_by_itself_says_so(tmp_path: Path) -> None:
    service = Service(
        ["/bin/sh", "-c", "echo words; exit 3"], cwd=tmp_path, env={}, output=tmp_path / "out", mark="m/x"
    )
    until = time.monotonic() + 10
    while service.is_running and time.monotonic() < until:
        time.sleep(0.01)

    assert (service.is_running, service.exit_code) == (False, 3)
    assert service.output.read_text() == "words\n"
    service.end()
    service.end()


def test_a_service_that_floods_its_log_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MAX_OUTPUT_BYTES", 1000)
    argv = ["/bin/sh", "-c", "while :; do echo more; done"]
    service = Service(argv, cwd=tmp_path, env={}, output=tmp_path / "out", mark=f"flood/{tmp_path.name}")

    until = time.monotonic() + 10
    while service.is_running and time.monotonic() < until:
        service.look()

    assert not service.is_running


def test_the_guardian_ends_a_service_and_what_it_runs(bench: Bench) -> None:
    guardian = Guardian(bench.mark)
    pid = bench.order("one", f"setsid {SLEEP} &")

    guardian.close()

    assert not is_alive(pid)
    assert processes.marked_processes(bench.mark) == []


def test_a_service_carries_its_mark(bench: Bench) -> None:
    wait_until(lambda: bool(processes.marked_processes(bench.mark)))  # at first it has no environment

    (entry,) = processes.marked_processes(bench.mark)

    environment = Path(f"/proc/{entry.pid}/environ")
    assert not environment.exists() or f"{MARK}={bench.mark}/".encode() in environment.read_bytes()
