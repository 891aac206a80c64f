"""A trusted program that lasts answers one request after another, and leaves nothing behind."""

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest

from director.shell.responders import Responder, read_exactly, read_line

PROGRAM = """
import os, sys
for line in sys.stdin:
    print(os.getpid() if line != "end\\n" else sys.exit(), flush=True)
"""


@pytest.fixture
def responder(tmp_path: Path) -> Iterator[Responder]:
    made = Responder([sys.executable, "-c", PROGRAM], cwd=tmp_path, env=dict(os.environ))
    yield made
    made.close()


def process_of(responder: Responder) -> psutil.Process:
    return psutil.Process(int(responder.ask(b"who\n", read_line)))


def test_one_program_answers_all_requests(responder: Responder) -> None:
    assert process_of(responder) == process_of(responder)


def test_nothing_runs_before_it_is_asked(responder: Responder) -> None:
    children = psutil.Process().children()
    alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]

    assert [child for child in alive if PROGRAM in child.cmdline()] == []


def test_a_program_that_was_ended_is_started_again(responder: Responder) -> None:
    first = process_of(responder)
    first.kill()

    second = process_of(responder)

    assert (second != first, first.is_running()) == (True, False)


def test_a_program_that_ends_each_time_is_an_error(responder: Responder) -> None:
    process_of(responder)

    with pytest.raises(EOFError):
        responder.ask(b"end\n", read_line)


def test_an_answer_that_nobody_heard_to_its_end_is_no_answer_to_the_next_request(responder: Responder) -> None:
    def break_off(source: IO[bytes]) -> bytes:
        raise KeyboardInterrupt

    first = process_of(responder)
    with pytest.raises(KeyboardInterrupt):
        responder.ask(b"who\n", break_off)

    assert process_of(responder) != first
    assert not first.is_running()


def test_an_answer_that_is_cut_off_is_an_error(responder: Responder) -> None:
    with pytest.raises(EOFError):
        responder.ask(b"who\nend\n", lambda source: read_exactly(source, 1000))


def test_it_ends_when_it_is_closed_and_begins_again_when_it_is_asked(responder: Responder) -> None:
    first = process_of(responder)

    responder.close()

    assert not first.is_running()
    assert process_of(responder).is_running()


def test_it_ends_with_whoever_held_it(tmp_path: Path) -> None:
    held = Responder([sys.executable, "-c", PROGRAM], cwd=tmp_path, env=dict(os.environ))
    process = process_of(held)

    del held
    gc.collect()

    assert not process.is_running()


def test_it_is_in_our_session_and_hears_no_interrupt_of_ours(responder: Responder) -> None:
    process = process_of(responder)

    assert os.getsid(process.pid) == os.getsid(0)
    assert os.getpgid(process.pid) != os.getpgid(0)


KILLED = """
import os, signal, sys
from pathlib import Path
from director.shell.responders import Responder, read_line
held = Responder(["cat"], cwd=Path("/"), env=dict(os.environ))
held.ask(b"x\\n", read_line)
print(held._idle.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_ends_where_director_is_killed(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True, check=False)

    until = time.monotonic() + 5
    while is_alive(int(done.stdout)) and time.monotonic() < until:
        time.sleep(0.02)
    assert done.returncode == -signal.SIGKILL
    assert not is_alive(int(done.stdout))


def is_alive(number: int) -> bool:
    """Tell whether a process runs; one that only waits to be collected, maybe by us, does not."""
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
