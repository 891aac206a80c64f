"""The guardian: a killed director leaves nothing alive."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from director.shell.environment import MARK, without_secrets
from director.shell.guardian import Guardian
from tests.shell.programs import is_alive, still_alive

GUARDED = f"""
import os, subprocess, sys, time
from director.shell.guardian import Guardian

guardian = Guardian(sys.argv[1])
environment = {{**os.environ, "{MARK}": sys.argv[1] + "/call"}}
sleepers = [subprocess.Popen(["sleep", "60"], env=environment, start_new_session=True) for _ in range(3)]
print(guardian._process.pid, *[process.pid for process in sleepers], flush=True)
time.sleep(60)
"""


def start_guarded(directory: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """Start a program with a guardian and three sleepers; return it and their pids."""
    argv = [sys.executable, "-P", "-c", GUARDED, uuid4().hex]
    program = subprocess.Popen(argv, cwd=directory, stdout=subprocess.PIPE, text=True, env=without_secrets())
    assert program.stdout
    return program, [int(pid) for pid in program.stdout.readline().split()]


def test_a_killed_program_leaves_neither_marked_processes_nor_its_guardian(tmp_path: Path) -> None:
    program, pids = start_guarded(tmp_path)

    program.kill()
    program.communicate()

    assert len(pids) == 4
    assert still_alive(pids, within=5) == []


def test_modules_of_the_repository_do_not_get_in_the_way_of_the_guardian(tmp_path: Path) -> None:
    for name in ("psutil", "director", "signal", "uuid"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a module of the repository')\n")
    program, pids = start_guarded(tmp_path)

    program.kill()
    program.communicate()

    assert still_alive(pids, within=5) == []


def test_while_the_program_runs_the_guardian_ends_nothing(tmp_path: Path) -> None:
    program, pids = start_guarded(tmp_path)

    alive = still_alive(pids, within=0.5)

    program.kill()
    program.communicate()
    assert alive == pids
    assert still_alive(pids, within=5) == []


def test_a_guardian_that_is_let_go_ends_what_still_carries_the_mark() -> None:
    mark = uuid4().hex
    guardian = Guardian(mark)
    stray = subprocess.Popen(["sleep", "60"], env={**without_secrets(), MARK: f"{mark}/call"})

    guardian.close()

    assert stray.wait(timeout=5) == -15


def test_the_guardian_itself_does_not_carry_the_mark_of_a_director_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARK, "outer/run/call")

    guardian = Guardian(uuid4().hex)

    environment = Path(f"/proc/{guardian._process.pid}/environ")
    assert is_alive(guardian._process.pid)
    assert MARK.encode() not in (environment.read_bytes() if environment.exists() else b"")
    guardian.close()
