"""Reads the transcript of a program while it grows, and ends the program for what no limit of time would end.

A program may ask its model again, for ever and at full speed, when an answer breaks off without a reason; and it lets a
model repeat the same tool use as often as it likes. Output keeps coming, and every turn costs. So a call is ended when
it goes in circles, and when it comes to the job's cost ceiling.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from director.agents.driving.lines import Lines
from director.agents.driving.reading import Reading
from director.core.calls import Usage
from director.shell import processes

LOOK_SECONDS = 0.5

Spent = Callable[[Usage, float | None], bool]


class Fault(StrEnum):
    """Why a program was ended."""

    CIRCLES = "circles"
    FLOOD = "flood"
    OVER_BUDGET = "over budget"


class Watch:
    """What is known of a call while it goes on."""

    def __init__(self, reading: Reading, spent: Spent, note: Callable[[str], None]) -> None:
        self.fault: Fault | None = None
        self.reading = reading
        self._spent = spent
        self._note = note
        self._told = Usage(), reading.cost_usd
        self._retry = ""

    def read(self, line: bytes) -> None:
        """Take note of a line; afterwards there may be a fault."""
        reading = self.reading
        reading.read(line)
        used = reading.usage, reading.cost_usd
        may_go_on = used == self._told or self._spent(*used)
        self._told = used
        self._tell_retry()
        if reading.is_done:  # what it has come to is paid already
            return
        if reading.is_in_circles:
            self.fault = Fault.CIRCLES
        elif not may_go_on:
            self.fault = Fault.OVER_BUDGET

    def _tell_retry(self) -> None:
        said = self.reading.retry.detail if self.reading.retry else ""
        if said and said != self._retry:
            self._note(f"the agent program asks its provider again: {said}")
        self._retry = said


@contextmanager
def watched(transcript: Path, mark: str, watch: Watch) -> Iterator[None]:
    """Watch the transcript that a program writes meanwhile, and end the marked processes at a fault."""
    over = threading.Event()
    watcher = threading.Thread(target=_follow, args=(transcript, mark, over, watch), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _follow(transcript: Path, mark: str, over: threading.Event, watch: Watch) -> None:
    while not transcript.exists():
        if over.wait(LOOK_SECONDS):
            return
    with transcript.open("rb") as stream:
        lines = Lines(stream, most=watch.reading.most_lines)
        while not over.wait(LOOK_SECONDS):
            _read(lines, over, watch)
            if watch.fault:
                processes.end_marked(mark)
                return


def _read(lines: Lines, over: threading.Event, watch: Watch) -> None:
    """Read what is new, up to a fault."""
    for line in lines.whole():
        watch.read(line)
        if watch.fault or over.is_set():
            return
    if lines.are_too_many:
        watch.fault = Fault.FLOOD
