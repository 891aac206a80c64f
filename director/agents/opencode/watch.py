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

from director.agents.opencode.events import STOP, Event, read_event, signature, total_cost, total_usage
from director.agents.opencode.lines import Lines
from director.core.calls import Usage
from director.core.digests import digest_text
from director.shell import processes

CIRCLES = 10
"""So many steps in a row that are all the same end the call."""
LOOK_SECONDS = 0.5

Spent = Callable[[Usage, float | None], bool]


class Fault(StrEnum):
    """Why a program was ended."""

    CIRCLES = "circles"
    FLOOD = "flood"
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
        self._uses = ""
        """Digest of the tool uses of the step that goes on; empty before there is one."""
        self._last: deque[str] = deque(maxlen=CIRCLES)
        self._told: set[str] = set()
        """Ids of the steps that were told: some are told again."""
        self._usage = Usage()
        self._cost = 0.0

    def read(self, event: Event) -> None:
        """Take note of an event; after a finished step there may be a fault."""
        if event.type == "tool_use":
            self._uses = digest_text(self._uses + signature(event))
        elif event.type == "step_finish" and event.part.id not in self._told:
            self._told |= {event.part.id} - {""}
            self._finish(event)

    def _finish(self, event: Event) -> None:
        self._last.append(self._uses)
        self._uses = ""
        self._usage += total_usage([event])
        self._cost += total_cost([event]) or 0.0
        may_go_on = self._spent(self._usage, self._cost or None)
        if event.part.reason == STOP:  # the model's last step: what it has come to is paid already
            return
        if len(self._last) == CIRCLES and len(set(self._last)) == 1:
            self.fault = Fault.CIRCLES
        elif not may_go_on:
            self.fault = Fault.OVER_BUDGET


def _follow(transcript: Path, mark: str, over: threading.Event, watch: _Watch) -> None:
    while not transcript.exists():
        if over.wait(LOOK_SECONDS):
            return
    with transcript.open("rb") as stream:
        lines = Lines(stream)
        while not over.wait(LOOK_SECONDS):
            _read(lines, over, watch)
            if watch.fault:
                processes.end_marked(mark)
                return


def _read(lines: Lines, over: threading.Event, watch: _Watch) -> None:
    """Read what is new, up to a fault."""
    for line in lines.whole():
        if event := read_event(line):
            watch.read(event)
        if watch.fault or over.is_set():
            return
    if lines.are_too_many:
        watch.fault = Fault.FLOOD
