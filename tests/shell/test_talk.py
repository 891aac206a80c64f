"""A program that is talked to: what it says is copied to its file, and the talk is broken off before it is ended."""

import os
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from director.shell.environment import without_secrets
from director.shell.processes import Ended, Finished, Limits, run

ECHO = "import sys\nfor line in sys.stdin: print('heard', line, end='', flush=True)\nprint('bye')"
STUBBORN = "import time\nprint('hello', flush=True)\ntime.sleep(300)"


@dataclass
class Said:
    """Says some lines, one after the answer to the other, and then either goes or waits to be told to."""

    output: Path
    lines: list[str] = field(default_factory=list)
    stays: bool = False
    left: threading.Event = field(default_factory=threading.Event)

    def hold(self, stdin: IO[bytes]) -> None:
        for number, line in enumerate(self.lines):
            stdin.write(f"{line}\n".encode())
            stdin.flush()
            while self.output.read_text().count("\n") <= number:
                time.sleep(0.01)
        if self.stays:
            self.left.wait(60)

    def break_off(self) -> None:
        self.left.set()


def talk_to(program: str, talk: Said, *, wall: float = 30) -> Finished:
    return run(
        [sys.executable, "-c", program],
        cwd=talk.output.parent,
        env=without_secrets(),
        output=talk.output,
        stdin=talk,
        limits=Limits(wall=wall),
        mark=f"test-{os.getpid()}-{talk.output.parent.name}",
    )


def test_an_answer_is_in_the_file_before_the_next_thing_is_said(tmp_path: Path) -> None:
    talk = Said(tmp_path / "out", ["one", "two"])

    finished = talk_to(ECHO, talk)

    assert finished.succeeded
    assert talk.output.read_text() == "heard one\nheard two\nbye\n"
    assert not talk.left.is_set()


def test_a_talk_is_broken_off_before_the_program_is_ended(tmp_path: Path) -> None:
    talk = Said(tmp_path / "out", stays=True)

    finished = talk_to(STUBBORN, talk, wall=2)

    assert finished.ended is Ended.TIMEOUT
    assert talk.left.is_set()


def test_a_program_that_is_talked_to_writes_to_a_pipe(tmp_path: Path) -> None:
    talk = Said(tmp_path / "out")

    talk_to("import os, stat\nprint(stat.S_ISFIFO(os.fstat(1).st_mode))", talk)

    assert talk.output.read_text() == "True\n"


@pytest.mark.parametrize("program", ["pass", "import os; os.close(0)"])
def test_one_that_does_not_listen_does_no_harm(tmp_path: Path, program: str) -> None:
    talk = Said(tmp_path / "out", ["x" * 1_000_000], stays=True)
    threading.Timer(1, lambda: talk.output.write_text("\n")).start()

    finished = talk_to(program, talk)

    assert finished.succeeded


def test_what_is_left_running_holds_nobody_up(tmp_path: Path) -> None:
    program = "import subprocess\nsubprocess.Popen(['sleep', '300'], start_new_session=True)\nprint('done')"
    talk = Said(tmp_path / "out")

    finished = talk_to(program, talk)

    assert finished.succeeded
    assert finished.seconds < 20
    assert talk.output.read_text() == "done\n"
