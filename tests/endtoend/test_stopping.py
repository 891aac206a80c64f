"""Stopping director in every way, and running it again: nothing is left behind, and nothing is paid for twice."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.project import Project, code_of

FEW_SECONDS = 6
EXECUTORS = ["executor run:alpha 1", "executor run:beta 1", "executor run:gamma 1"]


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "director", *arguments],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], text: str) -> None:
    """Read a program's output up to a line that holds a text."""
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return
    raise AssertionError("".join(lines))


def wait_until(claim: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not claim():
        assert time.monotonic() < until
        time.sleep(0.05)


def living(*, marked: bool = False) -> list[psutil.Process]:
    """Return what was started from this test, which has a home of its own; or only agents and tests."""
    found = []
    for process in psutil.process_iter():
        try:
            variables = process.environ()
        except (psutil.Error, OSError):
            continue
        is_ours = variables.get("HOME") == os.environ["HOME"] and process.pid != os.getpid()
        if is_ours and ("DIRECTOR_MARK" in variables or not marked) and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


@pytest.fixture
def planned(project: Project) -> Project:
    """A planned job whose first node takes a minute to answer."""
    project.set_call("executor", "run:alpha", {"seconds": 60, "files": {"alpha.py": code_of("alpha")}})
    project.plan()
    return project


@pytest.fixture
def sleeping(project: Project, tmp_path: Path) -> Project:
    """A planned job whose first node's tests sleep as long as there is a file `slow`."""
    (tmp_path / "slow").touch()
    code = (
        f"import time\nfrom pathlib import Path\n\nif Path({str(tmp_path / 'slow')!r}).exists():\n"
        f"    Path({str(tmp_path / 'asleep')!r}).touch()\n    time.sleep(60)\n\n\n"
    )
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code + code_of("alpha")}})
    project.plan()
    return project


def answer_at_once(project: Project) -> None:
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}})


def start_sleeping(project: Project) -> subprocess.Popen[str]:
    """Start a run and return it when a test sleeps."""
    process = start(project, "run", "-v")
    read_until(process, "run:alpha        gate")
    wait_until(project.root.with_name("asleep").exists)
    return process


def wake(project: Project) -> None:
    project.root.with_name("slow").unlink()


def stop(process: subprocess.Popen[str], number: int) -> str:
    """Send a signal; return what is said afterwards. It may take a few seconds."""
    started = time.monotonic()
    process.send_signal(number)
    output, _ = process.communicate(timeout=20)
    assert time.monotonic() - started < FEW_SECONDS
    return output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_during_a_call_stops_in_good_order_and_the_next_run_goes_on(planned: Project, number: int) -> None:
    process = start(planned, "run")
    read_until(process, "run:alpha        executor")

    output = stop(process, number)

    assert process.returncode == 130
    assert "run:alpha        stopped\n" in output
    assert "the same command goes on from here" in output
    assert "Traceback" not in output
    assert living() == []
    asked = planned.asked()
    answer_at_once(planned)
    assert planned.director("run").code == 0
    assert sorted(planned.asked()[len(asked) :]) == EXECUTORS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_during_a_test_command_ends_it_and_its_answer_is_not_asked_for_again(
    sleeping: Project, number: int
) -> None:
    process = start_sleeping(sleeping)

    output = stop(process, number)

    assert process.returncode == 130
    assert "Traceback" not in output
    assert living() == []
    wake(sleeping)
    assert sleeping.director("run").code == 0
    assert sorted(key for key in sleeping.asked() if "executor" in key) == EXECUTORS


def test_a_second_ctrl_c_stops_as_well(planned: Project) -> None:
    process = start(planned, "run")
    read_until(process, "run:alpha        executor")

    process.send_signal(signal.SIGINT)
    output = stop(process, signal.SIGINT)

    assert process.returncode == 130
    assert "Traceback" not in output
    assert living() == []


def test_what_a_killed_director_leaves_is_ended_by_its_guardian(sleeping: Project) -> None:
    process = start_sleeping(sleeping)

    process.kill()
    process.communicate()

    wait_until(lambda: not living())
    wake(sleeping)
    done = sleeping.director("run")
    assert done.code == 0, done.out + done.err
    assert sorted(key for key in sleeping.asked() if "executor" in key) == EXECUTORS


def test_what_is_left_when_the_guardian_is_killed_too_is_ended_by_the_next_run(sleeping: Project) -> None:
    process = start_sleeping(sleeping)
    sleepers = living(marked=True)
    guardians = [entry for entry in living() if "director.shell.guardian" in entry.cmdline()]

    for guardian in guardians:
        guardian.kill()
    process.kill()
    process.communicate()
    wake(sleeping)
    done = sleeping.director("run")

    assert len(guardians) == 1
    assert done.code == 0, done.out + done.err
    assert "an earlier run had left" in done.out
    assert not any(sleeper.is_running() and sleeper.status() != psutil.STATUS_ZOMBIE for sleeper in sleepers)
    assert sorted(key for key in sleeping.asked() if "executor" in key) == EXECUTORS


def test_a_killed_planning_goes_on_where_it_was(project: Project) -> None:
    plan = next(entry["text"] for entry in project.calls if entry["task"] == "decompose")
    project.set_call("planner", "decompose", {"text": plan, "seconds": 60})
    process = start(project, "plan", "write the modules", "--auto", "--no-critique")
    read_until(process, "decompose        planner")
    process.kill()
    process.communicate()
    project.set_call("planner", "decompose", {"text": plan})

    done = project.director("plan", "write the modules", "--auto", "--no-critique")

    assert done.code == 0
    assert project.asked()[:3] == ["explorer recon 1", "brainstorm spec 1", "planner decompose 1"]
    assert len(project.asked()) == 6


def test_a_second_director_says_who_holds_the_job_and_readers_are_not_held_up(planned: Project) -> None:
    process = start(planned, "run")
    read_until(process, "run:alpha        executor")

    held = [planned.director(*words) for words in (["run"], ["plan"], ["forget", "run:beta"], ["clean"])]
    reading = [planned.director(*words) for words in (["status"], ["pending"], ["list", "-s"])]
    stop(process, signal.SIGTERM)

    assert [done.code for done in held] == [6, 6, 6, 6]
    for done in held:
        assert f"is held by process {process.pid} on {socket.gethostname()}, since " in done.err
        assert "\nhint: wait for it, or stop it: its work is kept\n" in done.err
    assert [done.code for done in reading] == [0, 0, 0]


def test_plain_doit_respects_who_holds_the_job(planned: Project) -> None:
    assert planned.director("init", "--yes").code == 0
    process = start(planned, "run")
    read_until(process, "run:alpha        executor")

    done = planned.doit("run:alpha")
    stop(process, signal.SIGTERM)

    assert done.code == 6
    assert f"is held by process {process.pid} on" in done.err


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that registers the backend `theirs`, which has a bug."""
    site = tmp_path / "site"
    metadata = site / "theirs-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[director.backends]\ntheirs = theirs:Theirs\n")
    (site / "theirs.py").write_text(
        "class Theirs:\n"
        "    def __init__(self, surroundings):\n        pass\n\n"
        "    def check(self, tier):\n        pass\n\n"
        "    def ask(self, request):\n        raise RuntimeError('nobody expected this')\n\n"
        "    def recall(self, log_directory, directory):\n        return None\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(site))


def test_a_bug_in_a_backend_is_exit_code_3_with_its_traceback(project: Project, third_party: None) -> None:
    config = project.file("config.toml").read_text()
    project.file("config.toml").write_text(config.replace('executor = "replay:', 'executor = "theirs:'))

    done = project.director("plan", "write the modules", timeout=30)

    assert done.code == 3
    assert "Traceback (most recent call last):" in done.out
    assert "RuntimeError: nobody expected this" in done.out
    assert "please report it" in done.out
    assert living() == []


def test_the_remaining_exit_codes(project: Project) -> None:
    codes = {
        "waits": project.director("plan", "write the modules").code,
        "usage": project.director("plan", "--nosuch").code,
        "done": project.director("approve", "--auto", "--no-critique").code,
    }
    project.file("config.toml").write_text(project.file("config.toml").read_text() + "cost_ceiling_usd = 0.05\n")
    codes["limit"] = project.director("run").code
    project.file("config.toml").write_text(project.file("config.toml").read_text().replace("0.05", "5"))
    project.set_call("executor", "run:alpha", {"end": "error"}, {"end": "error"})
    project.set_call("escalation", "run:alpha", {"attempt": 3, "end": "error"})
    codes["failed"] = project.director("run").code

    assert codes == {"waits": 4, "usage": 2, "done": 0, "limit": 5, "failed": 1}
