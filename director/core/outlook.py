"""What a build of pending tasks is likely to cost and to take, by past records; what they do not tell is said.

A record of another tier is no evidence. Where there is none of such a task, other calls of the same tier stand in for
one call; where there is none of these either, the task is not counted, and that is said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from director.core.forecast import Likely, Past, Tiers, kind_of, no_price
from director.core.graph import makespan
from director.core.model import Model
from director.core.roles import Role
from director.core.words import listed

ASKED = {
    "recon": Role.EXPLORER,
    "spec": Role.BRAINSTORM,
    "gate:spec": Role.PLANNER,
    "decompose": Role.PLANNER,
    "gate:plan": Role.PLANNER,
    "tests": Role.TEST_AUTHOR,
    "run": Role.EXECUTOR,
}
"""Whom tasks of a kind ask first."""
Pasts = Sequence[Callable[[], Past]]
"""In the order in which they count: a later one is asked only for what those before it do not tell."""


class Asks(StrEnum):
    """Whether a pending task would ask an agent."""

    NOBODY = "nobody"
    MAYBE = "maybe"
    """Only if what it reads really changes, or its gate is red with it."""
    SURELY = "surely"


@dataclass(frozen=True)
class Expected:
    """A pending task that a build would come to."""

    task: str
    asks: Asks
    after: tuple[str, ...]
    """Pending tasks that it waits for."""


class Whole(Model):
    """What all pending tasks together are likely to come to."""

    cost_usd: Likely | None
    """The sum of what is known; the lower end leaves out what may be cut off. None where nothing is known."""
    sure_usd: float
    """The part of the median that is sure to be asked for."""
    seconds: Likely | None
    """Wall-clock time, longest paths first, without waits for approvals. None where nothing is known."""
    parallel: int
    """With so many tasks at once."""
    unknown: tuple[str, ...]
    """What is not counted."""


@dataclass(frozen=True)
class Outlook:
    """What is to be expected of each pending task, and of all of them."""

    costs: Mapping[str, Likely]
    """By task, where it is known; US dollars."""
    seconds: Mapping[str, Likely]
    """By task, where it is known."""
    whole: Whole


class Forecaster:
    """Answers for pending tasks; each kind of them is looked up once."""

    def __init__(self, expected: Sequence[Expected], pasts: Pasts, tiers: Tiers) -> None:
        self._expected = expected
        self._pasts = pasts
        self._tiers = tiers

    @cached_property
    def costs(self) -> dict[str, Likely]:
        """What each task is likely to cost that may ask an agent."""
        asking = [entry.task for entry in self._expected if entry.asks is not Asks.NOBODY]
        of_kind = {kind: self._cost(kind) for kind in dict.fromkeys(map(kind_of, asking))}
        return {task: likely for task in asking if (likely := of_kind[kind_of(task)])}

    @cached_property
    def seconds(self) -> dict[str, Likely]:
        """How long each task is likely to take."""
        kinds = {(kind_of(entry.task), entry.asks is not Asks.NOBODY) for entry in self._timed}
        of_kind = {(kind, asks): self._took(kind, asks=asks) for kind, asks in sorted(kinds)}
        known = ((entry.task, of_kind[kind_of(entry.task), entry.asks is not Asks.NOBODY]) for entry in self._timed)
        return {task: likely for task, likely in known if likely}

    @cached_property
    def _timed(self) -> list[Expected]:
        """Leave out what takes no time worth a word: tasks that could ask an agent and will not, and the beginning."""
        quick = {*ASKED, "job"}
        return [entry for entry in self._expected if entry.asks is not Asks.NOBODY or kind_of(entry.task) not in quick]

    def unknown(self) -> Iterator[str]:
        """Say what is not counted, or counted by something else."""
        asking = {kind_of(entry.task): entry.task for entry in self._expected if entry.asks is not Asks.NOBODY}
        unpriced = [self._tiers[ASKED[kind]] for kind, task in asking.items() if task not in self.costs]
        yield from map(no_price, dict.fromkeys(unpriced))
        if untimed := _kinds(entry.task for entry in self._timed if entry.task not in self.seconds):
            yield f"how long these take: {untimed}: there is no record of one with the tiers of now"
        if others := _kinds(task for task, likely in self.costs.items() if likely.by_other_calls):
            yield f"what these cost: {others}: there is no record of one; a call of the tier for others is counted"

    def _cost(self, kind: str) -> Likely | None:
        own = self._first(lambda past: past.task_cost(kind, self._tiers))
        return own or self._first(lambda past: past.call_cost(self._tiers[ASKED[kind]]))

    def _took(self, kind: str, *, asks: bool) -> Likely | None:
        return self._first(lambda past: past.task_seconds(kind, self._tiers, asks=asks))

    def _first(self, question: Callable[[Past], Likely | None]) -> Likely | None:
        return next((found for past in self._pasts if (found := question(past()))), None)


def outlook(expected: Sequence[Expected], pasts: Pasts, tiers: Tiers, *, workers: int) -> Outlook:
    """Return what a build is likely to come to."""
    found = Forecaster(expected, pasts, tiers)
    sure = {entry.task for entry in expected if entry.asks is not Asks.MAYBE}
    whole = Whole(
        cost_usd=_sum(found.costs, sure),
        sure_usd=round(sum(likely.median for task, likely in found.costs.items() if task in sure), 6),
        seconds=_schedule(expected, found.seconds, sure, workers=workers),
        parallel=workers,
        unknown=tuple(found.unknown()),
    )
    return Outlook(found.costs, found.seconds, whole)


def _sum(costs: Mapping[str, Likely], sure: set[str]) -> Likely | None:
    if not costs:
        return None
    low = sum(likely.low for task, likely in costs.items() if task in sure)
    middle, high = sum(likely.median for likely in costs.values()), sum(likely.high for likely in costs.values())
    return Likely(median=round(middle, 6), low=round(low, 6), high=round(high, 6), records=_records(costs))


def _schedule(
    expected: Sequence[Expected], seconds: Mapping[str, Likely], sure: set[str], *, workers: int
) -> Likely | None:
    if not seconds:
        return None
    after = {entry.task: entry.after for entry in expected}
    low, middle, high = (
        round(makespan(after, taken, workers=workers), 3)
        for taken in (
            {task: likely.low for task, likely in seconds.items() if task in sure},
            {task: likely.median for task, likely in seconds.items()},
            {task: likely.high for task, likely in seconds.items()},
        )
    )
    return Likely(median=middle, low=low, high=high, records=_records(seconds))


def _records(found: Mapping[str, Likely]) -> int:
    """Count the records behind answers, those of one kind of task once."""
    return sum({kind_of(task): likely.records for task, likely in found.items()}.values())


def _kinds(tasks: Iterable[str]) -> str:
    return listed(list(dict.fromkeys(map(kind_of, tasks))), limit=len(ASKED))
