"""Reads the transcript of an OpenCode while it grows, and ends the program for what no limit of time would end.

OpenCode asks the model again, for ever and at full speed, when an answer breaks off without a reason; and it lets a
model repeat the same tool use as often as it likes. Output keeps coming, and every turn costs. So a call is ended when
it goes in circles, and when it comes to the job's cost ceiling.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from director.agents.opencode.events import (
    LINE_BYTES,
    Event,
    read_event,
    signatures,
    total_cost,
    total_usage,
)
from director.core.calls import Usage
from director.shell import processes

CIRCLES = 10
"""So many steps in a row that are all the same end the call."""
LOOK_SECONDS = 0.5

Spent = Callable[[Usage, float | None], bool]


class Fault(StrEnum):
    """Why a program was ended."""

    CIRCLES = "circles"
    OVER_BUDGET = "over budget"


@contextmanager
def watched(transcript: Path, mark: str, spent: Spent) -> Iterator[Callable[[], Fault | None]]:
    """Watch the transcript that a program writes, and end the marked processes at a fault; give what tells the fault.

    `spent` is told what all steps have used so far, and answers whether the call may go on.
    """
    over, watch = threading.Event(), _Watch(spent)
    watcher = threading.Thread(target=_follow, args=(transcript, mark, over, watch), daemon=True)
    watcher.start()
    try:
        yield lambda: watch.fault
    finally:
        over.set()
        watcher.join()


class _Watch:
    """What is known of a call while it goes on."""

    def __init__(self, spent: Spent) -> None:
        self.fault: Fault | None = None
        self._spent = spent
        self._step: list[Event] = []
        self._last: deque[str] = deque(maxlen=CIRCLES)
        self._usage = Usage()
        self._cost = 0.0

    def read(self, event: Event) -> None:
        """Take note of an event; after a finished step there may be a fault."""
        self._step.append(event)
        if event.type != "step_finish":
            return
        self._last.extend(signatures(self._step))
        self._usage += total_usage(self._step)
        self._cost += total_cost(self._step) or 0.0
        self._step.clear()
        if len(self._last) == CIRCLES and len(set(self._last)) == 1:
            self.fault = Fault.CIRCLES
        elif not self._spent(self._usage, self._cost or None):
            self.fault = Fault.OVER_BUDGET


def _follow(transcript: Path, mark: str, over: threading.Event, watch: _Watch) -> None:
    while not transcript.exists():
        if over.wait(LOOK_SECONDS):
            return
    with transcript.open("rb") as stream:
        while not over.wait(LOOK_SECONDS):
            for line in _whole_lines(stream):
                if event := read_event(line):
                    watch.read(event)
                if watch.fault:
                    processes.end_marked(mark)
                    return


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines that are complete; the rest is read again next time. Of a line that is too long comes the end."""
    while True:
        start = stream.tell()
        line = stream.readline(LINE_BYTES)
        if not line.endswith(b"\n"):
            if len(line) < LINE_BYTES:
                stream.seek(start)
                return
            continue
        yield line
