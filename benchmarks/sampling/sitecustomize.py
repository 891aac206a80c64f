"""Looks again and again at what a Python program is doing; Python imports it by its name where PYTHONPATH leads here.

It counts stacks of the thread that works on a stage, or of the main thread where none does, and writes them at the end:
a line of JSON for each, the outermost frame first, to the file that SAMPLES names. Every other program is left alone.
"""

import atexit
import json
import os
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType

EVERY = 0.002
"""Seconds."""


def _sample(found: Counter[tuple[str, ...]], over: threading.Event) -> None:
    own, main = threading.get_ident(), threading.main_thread().ident
    while not over.wait(EVERY):
        frames = {thread: frame for thread, frame in sys._current_frames().items() if thread != own}
        stacks = {thread: _stack(frame) for thread, frame in frames.items()}
        working = [stack for stack in stacks.values() if any("/director/stages/" in place for place in stack)]
        found[(working or [stacks.get(main, ())])[0]] += 1


def _stack(frame: FrameType | None) -> tuple[str, ...]:
    """Return the places of a stack, the innermost last."""
    places = []
    while frame:
        places.append(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")
        frame = frame.f_back
    return tuple(reversed(places))


def _begin(path: str) -> None:
    found: Counter[tuple[str, ...]] = Counter()
    over = threading.Event()
    thread = threading.Thread(target=_sample, args=(found, over), daemon=True)
    thread.start()

    def end() -> None:
        over.set()
        thread.join()
        Path(path).write_text("".join(json.dumps([count, stack]) + "\n" for stack, count in found.items()))

    atexit.register(end)


if "SAMPLES" in os.environ and Path(" ".join(sys.orig_argv[1:2])).name == "director":
    _begin(os.environ["SAMPLES"])
