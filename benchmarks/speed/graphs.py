"""Plans of stub work, and how fast nobody can be with them."""

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

SHORTEST, LONGEST = 0.2, 0.8
"""Seconds of the nodes of a mixed plan that are on no long path."""
_IN_A_DIRECTORY = 50


@dataclass(frozen=True)
class Work:
    """A node whose agents wait, and then write their file."""

    id: str
    needs: tuple[str, ...] = ()
    seconds: float = 0.0
    """Of the executor."""
    authoring: float = 0.0
    """Seconds of the test author."""

    @property
    def directory(self) -> str:
        """Where its files are: as in other repositories, no directory holds them all."""
        return f"part{int(self.id[1:]) // _IN_A_DIRECTORY:03}"

    @property
    def file(self) -> str:
        """What the executor writes."""
        return f"{self.directory}/{self.id}.txt"

    @property
    def test(self) -> str:
        """What the test author writes."""
        return f"{self.directory}/{self.id}.sh"

    def node(self) -> dict[str, Any]:
        """The node as it stands in a plan; the stub agents read its specification."""
        return {
            "id": self.id,
            "title": f"Write {self.id}",
            "spec": f"Write a file. (stub:{self.directory}:{self.id}:{self.seconds}:{self.authoring}:)",
            "files": [self.file],
            "depends_on": list(self.needs),
            "test_cmd": f"sh {self.test}",
            "tests": [self.test],
            "estimated_difficulty": "hard" if self.seconds > LONGEST else "medium",
        }


def wide(count: int, *, seconds: float = 0.0, authoring: float = 0.0) -> list[Work]:
    """Return nodes that need nothing."""
    return [Work(_name(number), seconds=seconds, authoring=authoring) for number in range(count)]


def layered(count: int, *, seed: int, seconds: float = 0.0, layers: int = 8) -> list[Work]:
    """Return layers of nodes, each of which needs one to three nodes of the layer before."""
    chance, width = random.Random(seed), count // layers
    made: list[Work] = []
    for number in range(count):
        layer = min(number // width, layers - 1)
        before = made[(layer - 1) * width : layer * width] if layer else []
        needs = chance.sample(before, min(len(before), chance.randint(1, 3)))
        made.append(Work(_name(number), tuple(sorted(work.id for work in needs)), seconds))
    return made


def mixed(count: int, *, seed: int, chain: int = 4, long: float = 1.0) -> list[Work]:
    """Return short nodes that need nothing, and behind them in the plan a chain of long ones."""
    chance = random.Random(seed)
    short = [
        Work(_name(number), seconds=round(chance.uniform(SHORTEST, LONGEST), 2)) for number in range(count - chain)
    ]
    names = [_name(number) for number in range(count - chain, count)]
    first = Work(names[0], seconds=long)
    return [*short, first, *(Work(name, (before,), long) for before, name in pairwise(names))]


def lower_bound(works: Sequence[Work], *, at_once: int) -> float:
    """Return the seconds below which nobody can be: all work shared out evenly, or the longest path."""
    return max(sum(work.seconds for work in works) / at_once, max(_remaining(works).values()))


def greedy_schedule(works: Sequence[Work], *, at_once: int) -> float:
    """Return the seconds of a list schedule without any overhead that prefers the longest path (Graham, 1969)."""
    remaining, seconds = _remaining(works), {work.id: work.seconds for work in works}
    waits = {work.id: set(work.needs) for work in works}
    ready = [(-remaining[name], name) for name, needs in waits.items() if not needs]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < at_once:
            _, name = heapq.heappop(ready)
            heapq.heappush(running, (now + seconds[name], name))
        now, ended = heapq.heappop(running)
        for name, needs in waits.items():
            if ended in needs:
                needs.discard(ended)
                if not needs:
                    heapq.heappush(ready, (-remaining[name], name))
    return now


def _remaining(works: Sequence[Work]) -> dict[str, float]:
    """Return the seconds of the longest path from the start of each node to the end; works stand in a legal order."""
    after = {work.id: 0.0 for work in works}
    remaining = {}
    for work in reversed(works):
        remaining[work.id] = work.seconds + after[work.id]
        for name in work.needs:
            after[name] = max(after[name], remaining[work.id])
    return remaining


def _name(number: int) -> str:
    return f"n{number:05}"
