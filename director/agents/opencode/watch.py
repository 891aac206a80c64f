"""Ends an OpenCode that goes in circles.

OpenCode asks the model again, for ever and at full speed, when an answer breaks off without a reason; and it lets a
model repeat the same tool use as often as it likes. Output keeps coming, so no limit of idle time ends that, and every
turn costs. This reads the transcript while it grows.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from director.agents.opencode.events import Event, read_event, signatures
from director.shell import processes

CIRCLES = 10
"""So many steps in a row that are all the same end the call."""
LOOK_SECONDS = 0.5


@contextmanager
def ended_when_circling(transcript: Path, mark: str) -> Iterator[threading.Event]:
    """Watch the transcript that a program writes; end the marked processes and set the event if it goes in circles."""
    over, circling = threading.Event(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(transcript, mark, over, circling), daemon=True)
    watcher.start()
    try:
        yield circling
    finally:
        over.set()
        watcher.join()


def _watch(transcript: Path, mark: str, over: threading.Event, circling: threading.Event) -> None:
    while not transcript.exists():
        if over.wait(LOOK_SECONDS):
            return
    with transcript.open("rb") as stream:
        for seen in _steps_as_they_come(stream, over):
            if len(seen) == CIRCLES and len(set(seen)) == 1:
                circling.set()
                processes.end_marked(mark)
                return


def _steps_as_they_come(stream: BinaryIO, over: threading.Event) -> Iterator[deque[str]]:
    """Yield the last steps' signatures whenever there is a new one, until the program is over."""
    seen: deque[str] = deque(maxlen=CIRCLES)
    events: list[Event] = []
    while not over.wait(LOOK_SECONDS):
        for line in _whole_lines(stream):
            if event := read_event(line):
                events.append(event)
            if event and event.type == "step_finish":
                seen.extend(signatures(events))
                events.clear()
                yield seen


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines that are complete; the rest is read again next time."""
    while True:
        start = stream.tell()
        line = stream.readline()
        if not line.endswith(b"\n"):
            stream.seek(start)
            return
        yield line
