"""director's threads stay on one core while a job is worked on; nothing that they start does."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from director.shell import cores, processes
from director.shell.processes import Limits
from director.shell.responders import Responder, read_line

EVERY = os.sched_getaffinity(0) if sys.platform == "linux" else set()
TELL = "import os; print(len(os.sched_getaffinity(0)))"

pytestmark = pytest.mark.skipif(len(EVERY) < 2, reason="there is one core, or the system does not tell")


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cores, "_every", frozenset())
    monkeypatch.setattr(cores, "_one", frozenset())
    yield
    os.sched_setaffinity(0, EVERY)


def test_threads_are_kept_on_one_core_until_the_work_ends() -> None:
    found: list[set[int]] = []
    with cores.together():
        thread = threading.Thread(target=lambda: found.append(os.sched_getaffinity(0)))
        thread.start()
        thread.join()
        found.append(os.sched_getaffinity(0))

    assert len(found[0]) == 1
    assert found[0] == found[1]
    assert os.sched_getaffinity(0) == EVERY


def test_work_on_several_jobs_shares_the_core() -> None:
    with cores.together():
        first = os.sched_getaffinity(0)
        with cores.together():
            assert os.sched_getaffinity(0) == first
        assert os.sched_getaffinity(0) == first

    with cores.together():
        assert os.sched_getaffinity(0) == first


def test_what_is_done_anywhere_has_every_core() -> None:
    with cores.together():
        with cores.anywhere():
            assert os.sched_getaffinity(0) == EVERY
        assert len(os.sched_getaffinity(0)) == 1


def test_the_cores_are_counted_as_they_are_outside() -> None:
    with cores.together():
        assert cores.count() == len(EVERY)


def test_every_program_has_every_core(tmp_path: Path) -> None:
    argv, environment = [sys.executable, "-c", TELL], dict(os.environ)
    output = tmp_path / "output"
    with cores.together():
        captured = processes.capture(argv, env=environment)
        head = processes.capture_head(argv, env=environment, cwd=tmp_path, limit=100)
        processes.run(argv, cwd=tmp_path, env=environment, output=output, limits=Limits(wall=60), mark="test/cores")
        asked = Responder([sys.executable, "-c", f"input(); {TELL}"], cwd=tmp_path, env=environment).ask(
            b"\n", read_line
        )

    assert [captured.stdout.strip(), head[1].strip(), output.read_bytes().strip(), asked] == [b"%d" % len(EVERY)] * 4


def test_a_python_whose_threads_run_at_once_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)

    with cores.together():
        assert os.sched_getaffinity(0) == EVERY


def test_a_core_that_the_system_does_not_give_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, mask: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse)

    with cores.together(), cores.anywhere():
        assert os.sched_getaffinity(0) == EVERY
    monkeypatch.undo()
