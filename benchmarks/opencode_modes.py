"""Measures a call of the real OpenCode in both of its modes against a model on loopback: time, and peak of memory.

    python -m benchmarks.opencode_modes [--rounds 5]

The memory is that of all processes that the calls have started, the server included, added up; pages that processes
share count once for each. Nothing else should run on the machine meanwhile.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from director.agents.opencode.backend import opencode
from director.core.calls import End
from director.shell import processes
from tests.agents.model_server import ModelServer
from tests.agents.opencode import Bench, make_bench, options_for, surroundings
from tests.agents.programs import ripgrep_directory

LOOK_SECONDS = 0.05


class Peak:
    """The most memory that marked processes had together, in bytes."""

    def __init__(self, mark: str) -> None:
        self.bytes = 0
        self._mark = mark
        self._over = threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        try:
            yield
        finally:
            self._over.set()
            watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self.bytes = max(self.bytes, sum(map(_memory, processes.marked_processes(self._mark))))


def _memory(entry: processes.Entry) -> int:
    try:
        return int(psutil.Process(entry.pid).memory_info().rss)
    except psutil.Error:
        return 0


def measure(bench: Bench, trees: list[Path], number: int) -> tuple[float, float]:
    """Make so many calls at once; return the seconds until all are done, and the peak in MB."""
    mark = f"job/{bench.root.name}"
    requests = [
        replace(bench.request("happy"), directory=tree, log_directory=bench.root / f"logs-{tree.name}", mark=mark)
        for tree in trees[:number]
    ]
    peak, started = Peak(mark), time.monotonic()
    with peak.watched(), ThreadPoolExecutor() as pool:
        ends = {reply.end for reply in pool.map(bench.backend.ask, requests)}
    assert ends == {End.DONE}
    return time.monotonic() - started, peak.bytes / 1024 / 1024


def main() -> None:
    """Print a row for each mode and number of calls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    os.environ["PATH"] += os.pathsep + ripgrep_directory()
    print("| mode | calls at once | first time, s | then, s (median) | peak, MB (median) |\n|---|---|---|---|---|")
    with ModelServer() as server, tempfile.TemporaryDirectory() as place:
        for mode in ("run", "serve"):
            for number in (1, 3):
                root = Path(place) / f"{mode}-{number}"
                root.mkdir()
                bench = make_bench(mode, server, root, opencode(surroundings(server, root, options_for(server, mode))))
                bench.own.append(bench.backend)
                trees = bench.worktrees(*(f"tree-{index}" for index in range(number)))
                first, *later = [measure(bench, trees, number) for _ in range(rounds + 1)]
                seconds, peak = (statistics.median(column) for column in zip(*later, strict=True))
                bench.close()
                print(f"| {mode} | {number} | {first[0]:.1f} | {seconds:.1f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
