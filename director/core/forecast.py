"""What past calls cost and took: by it a bench and a listing of what is pending say what is to be expected."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from director.core.calls import CallRecord, End
from director.core.model import Model
from director.core.roles import Role
from director.core.spans import PASSED, Span, SpanKind

Tiers = Mapping[Role, str]
"""Which tier plays a role."""
UNPLANNED = "how many nodes there will be: the plan is not made yet"


class Likely(Model):
    """An amount as it was in the past: US dollars, or seconds."""

    median: float
    low: float
    high: float
    records: int
    """How many tasks, or calls, it is taken from."""
    by_other_calls: bool = False
    """Whether it is taken from other calls of the tier, because there is no record of such a task."""


class Past:
    """Records of calls, and of what took time, asked what is to be expected of further ones."""

    def __init__(self, calls: Iterable[CallRecord], spans: Iterable[Span] = ()) -> None:
        self._costs: dict[tuple[str, Role | None], list[float]] = defaultdict(list)
        self._calls: dict[Role, int] = defaultdict(int)
        self._known = list(calls)
        self._spans = list(spans)
        nodes = set()
        for call in self._known:
            self._calls[call.role] += 1
            if call.task.startswith("run:"):
                nodes.add((call.job, call.node))
            if call.cost_usd is not None:
                self._costs[str(call.tier), call.role].append(call.cost_usd)
                self._costs[str(call.tier), None].append(call.cost_usd)
        self._nodes = len(nodes)

    def price(self, tier: str, role: Role) -> tuple[float | None, int]:
        """Return the median of a tier's calls, those of the role before all, and of how many that is."""
        found = self._costs.get((tier, role)) or self._costs.get((tier, None)) or []
        return (median(found) if found else None), len(found)

    def calls_per_node(self, role: Role, *, least: float = 0.0) -> float:
        """Return how many calls of a role a node took on average; `least` where nothing is known."""
        return max(least, self._calls[role] / self._nodes) if self._nodes else least

    def task_cost(self, kind: str, tiers: Tiers) -> Likely | None:
        """Return what tasks of a kind cost, with all their attempts; those that asked other tiers are no evidence."""
        ladders = _ladders(call for call in self._known if kind_of(call.task) == kind)
        costs = [[call.cost_usd for call in ladder] for ladder in ladders if _is_by(ladder, tiers)]
        return _likely([sum(filter(None, known)) for known in costs if None not in known])

    def call_cost(self, tier: str) -> Likely | None:
        """Return what calls of a tier cost, whatever they were for."""
        found = _likely(self._costs.get((tier, None), []))
        return found and found.model_copy(update={"by_other_calls": True})

    def task_seconds(self, kind: str, tiers: Tiers, *, asks: bool) -> Likely | None:
        """Return how long tasks of a kind took that came to a good end.

        Those that ask agents count if they did, and only tiers of now.
        """
        of_task: dict[tuple[str, str], list[Span]] = defaultdict(list)
        for span in self._spans:
            if kind_of(span.task) == kind:
                of_task[span.run, span.task].append(span)
        calls = {call.id: call for call in self._known}
        return _likely(
            [seconds for spans in of_task.values() if (seconds := _took(spans, calls, tiers, asks)) is not None]
        )


def no_price(tier: str) -> str:
    """Say that nothing is known of a tier's price."""
    return f"what a call of '{tier}' costs: there is no record of one"


def kind_of(task: str) -> str:
    """Return what tasks have in common: `run` of `run:parser`; a gate is a kind of its own."""
    kind, _, name = task.partition(":")
    return task if kind == "gate" else kind if name else task


def _took(spans: Sequence[Span], calls: Mapping[str, CallRecord], tiers: Tiers, asks: bool) -> float | None:
    tasks = [span for span in spans if span.kind is SpanKind.TASK]
    asked = [calls.get(span.call) for span in spans if span.kind is SpanKind.CALL]
    if not tasks or tasks[-1].outcome != PASSED or asks != bool(asked):
        return None
    is_known = all(call is not None and str(call.tier) == tiers[call.role] for call in asked)
    return sum(span.seconds for span in tasks) if is_known else None


def _ladders(calls: Iterable[CallRecord]) -> list[list[CallRecord]]:
    """Return the calls of each ladder: a task that is done anew begins again at its first attempt."""
    ladders: list[list[CallRecord]] = []
    current: dict[tuple[str, str], list[CallRecord]] = {}
    for call in calls:
        place = (call.job, call.task)
        if place not in current or _begins(call, current[place]):
            current[place] = []
            ladders.append(current[place])
        current[place].append(call)
    return ladders


def _begins(call: CallRecord, ladder: Sequence[CallRecord]) -> bool:
    """Tell whether a call is the first of a further ladder, not one that repeats what was never answered."""
    if call.role is Role.REVIEWER:
        return False
    last = next((earlier for earlier in reversed(ladder) if earlier.role is not Role.REVIEWER), None)
    return last is not None and (call.attempt < last.attempt or (call.attempt == last.attempt and last.end is End.DONE))


def _is_by(ladder: Sequence[CallRecord], tiers: Tiers) -> bool:
    was_answered = any(call.end is End.DONE for call in ladder)
    return was_answered and all(str(call.tier) == tiers[call.role] for call in ladder)


def _likely(amounts: Sequence[float]) -> Likely | None:
    if not amounts:
        return None
    low, middle, high = (round(amount, 6) for amount in (min(amounts), median(amounts), max(amounts)))
    return Likely(median=middle, low=low, high=high, records=len(amounts))
