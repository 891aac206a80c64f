"""Running one program: its output, its input, its end, and its limits."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from director.core.errors import Interrupted
from director.shell import processes
from director.shell.environment import without_secrets
from director.shell.processes import Ended, Limits, capture, capture_head, run
from tests.shell.programs import is_alive, recorded_pid, run_shell

MEGABYTE = b"x" * 1024 * 1024


@pytest.fixture
def stopping() -> Iterator[None]:
    yield
    processes.clear_stop()


def test_output_and_errors_go_to_one_file_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    run_shell("echo one; echo two >&2; echo three", tmp_path)

    assert (tmp_path / "out").read_text() == "one\ntwo\nthree\n"


def test_errors_go_to_a_file_of_their_own_where_one_is_named(tmp_path: Path) -> None:
    run(
        ["sh", "-c", "echo one; echo two >&2"],
        cwd=tmp_path,
        env=without_secrets(),
        output=tmp_path / "out",
        error=tmp_path / "err",
        limits=Limits(wall=20),
        mark="test",
    )

    assert ((tmp_path / "out").read_text(), (tmp_path / "err").read_text()) == ("one\n", "two\n")


def test_output_of_an_earlier_run_is_replaced(tmp_path: Path) -> None:
    run_shell("echo a long line", tmp_path)

    run_shell("echo short", tmp_path)

    assert (tmp_path / "out").read_text() == "short\n"


def test_a_program_runs_in_the_directory_and_sees_only_the_environment_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHERITED", "1")

    run(
        ["/bin/sh", "-c", 'echo "$PWD $GIVEN $INHERITED"'],
        cwd=tmp_path,
        env={"GIVEN": "given"},
        output=tmp_path / "out",
        limits=Limits(wall=20),
        mark="test",
    )

    assert (tmp_path / "out").read_text() == f"{tmp_path} given \n"


@pytest.mark.parametrize("status", [0, 1, 77, 255])
def test_an_exit_status_is_returned(tmp_path: Path, status: int) -> None:
    done = run_shell(f"exit {status}", tmp_path)

    assert (done.ended, done.exit_code, done.succeeded) == (Ended.EXITED, status, status == 0)


def test_a_program_that_a_signal_ended_has_its_negative_number(tmp_path: Path) -> None:
    done = run_shell("kill -KILL $$", tmp_path)

    assert (done.ended, done.exit_code, done.succeeded) == (Ended.EXITED, -9, False)


def test_a_program_is_ended_at_its_wall_time_even_if_it_writes(tmp_path: Path) -> None:
    done = run_shell("while :; do echo tick; sleep 0.05; done", tmp_path, wall=0.4, idle=5)

    assert (done.ended, done.succeeded) == (Ended.TIMEOUT, False)
    assert done.seconds < 10


@pytest.mark.parametrize("_", range(8))
def test_the_exit_code_of_a_program_that_was_ended_is_the_signal(tmp_path: Path, _: int) -> None:
    done = run_shell("exec sleep 60", tmp_path, wall=0.01)

    assert done.exit_code == -15


def test_a_program_is_ended_when_it_says_nothing_for_its_idle_time(tmp_path: Path) -> None:
    done = run_shell("echo begun; sleep 60", tmp_path, wall=30, idle=0.4)

    assert done.ended is Ended.IDLE
    assert done.seconds < 10
    assert (tmp_path / "out").read_text() == "begun\n"


def test_output_to_either_file_is_a_sign_of_life(tmp_path: Path) -> None:
    done = run(
        ["sh", "-c", "for i in 1 2 3 4 5; do echo tick >&2; sleep 0.25; done"],
        cwd=tmp_path,
        env=without_secrets(),
        output=tmp_path / "out",
        error=tmp_path / "err",
        limits=Limits(wall=20, idle=0.8),
        mark="test",
    )

    assert done.succeeded


def test_a_program_that_floods_its_output_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MAX_OUTPUT_BYTES", 1024 * 1024)

    done = run_shell("while :; do head -c 65536 /dev/zero; sleep 0.005; done", tmp_path)

    assert (done.ended, done.succeeded) == (Ended.FLOOD, False)


def test_a_program_that_deletes_its_output_file_is_watched_all_the_same(tmp_path: Path) -> None:
    done = run_shell("rm out; sleep 60", tmp_path, idle=0.4)

    assert done.ended is Ended.IDLE


def test_a_program_reads_all_of_its_standard_input(tmp_path: Path) -> None:
    run_shell("wc -c", tmp_path, stdin=MEGABYTE)

    assert (tmp_path / "out").read_text().strip() == str(len(MEGABYTE))


def test_without_input_a_program_reads_the_end_of_it_at_once(tmp_path: Path) -> None:
    done = run_shell("cat", tmp_path, wall=10)

    assert done.succeeded


@pytest.mark.parametrize("command", ["true", "exec <&-; sleep 0.3", "sleep 0.3"])
def test_a_program_that_never_reads_its_input_ends_as_it_likes(tmp_path: Path, command: str) -> None:
    done = run_shell(command, tmp_path, stdin=MEGABYTE)

    assert done.succeeded
    assert done.seconds < 10


def test_a_program_that_never_reads_its_input_is_ended_at_its_limit(tmp_path: Path) -> None:
    done = run_shell("sleep 60", tmp_path, stdin=MEGABYTE, wall=0.3)

    assert done.ended is Ended.TIMEOUT


def test_a_program_that_is_missing_raises_what_the_system_says(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        run(
            ["no-such-program"],
            cwd=tmp_path,
            env=without_secrets(),
            output=tmp_path / "out",
            limits=Limits(wall=20),
            mark="test",
        )


def test_a_request_to_stop_ends_a_running_program_soon(tmp_path: Path, stopping: None) -> None:
    threading.Timer(0.3, processes.request_stop).start()
    started = time.monotonic()

    with pytest.raises(Interrupted):
        run_shell("echo $$ > pid; sleep 60", tmp_path)

    assert time.monotonic() - started < 5
    assert not is_alive(recorded_pid(tmp_path))


def test_a_request_to_stop_ends_programs_of_every_thread(tmp_path: Path, stopping: None) -> None:
    directories = [tmp_path / name for name in ("a", "b", "c")]
    for directory in directories:
        directory.mkdir()
    threading.Timer(0.3, processes.request_stop).start()

    with ThreadPoolExecutor() as threads:
        running = [threads.submit(run_shell, "sleep 60", directory) for directory in directories]

    assert [type(run.exception()) for run in running] == [Interrupted] * 3


def test_after_a_request_to_stop_no_program_is_started(tmp_path: Path, stopping: None) -> None:
    processes.request_stop()

    with pytest.raises(Interrupted):
        run_shell("touch started", tmp_path)

    assert not (tmp_path / "started").exists()


def test_after_the_request_is_taken_back_programs_run_again(tmp_path: Path, stopping: None) -> None:
    processes.request_stop()

    processes.clear_stop()

    assert run_shell("true", tmp_path).succeeded


def test_a_short_program_is_given_back_whole(tmp_path: Path) -> None:
    done = capture(["sh", "-c", "cat; echo no >&2; exit 3"], env=without_secrets(), cwd=tmp_path, stdin=b"yes")

    assert (done.exit_code, done.stdout, done.stderr) == (3, b"yes", b"no\n")


def test_of_an_endless_program_the_beginning_is_given_back(tmp_path: Path) -> None:
    code, head = capture_head(["yes"], env=without_secrets(), cwd=tmp_path, limit=5)

    assert (code, head) == (0, b"y\ny\ny")


@pytest.mark.parametrize(("limit", "code"), [(3, 0), (4, 7)])
def test_the_exit_status_of_a_program_counts_if_it_was_read_to_its_end(tmp_path: Path, limit: int, code: int) -> None:
    done = capture_head(["sh", "-c", "printf yes; exit 7"], env=without_secrets(), cwd=tmp_path, limit=limit)

    assert done == (code, b"yes")
