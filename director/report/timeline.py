"""The picture of what was going on when: a lane for each worker, run after run, the time between runs folded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from director.core.amounts import duration
from director.core.calls import node_of
from director.core.spans import PASSED, RED, Span, SpanKind
from director.report.model import RunReport

_LEFT, _RIGHT, _TOP, _LANE, _FOLD = 78, 24, 46, 62, 92
_TASK, _PARTS = 22, 20
"""Heights of a task's bar and of what is below it."""
_LEAST_WIDTH, _MOST_WIDTH, _ROOM = 1060, 9000, 60
"""Of all runs together, and what a task of the busiest worker is to have on the average."""
_LETTER = 6.6
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)
_EARLY = ("before", "red")
"""Gates that run before the work."""
_SHOWN = {
    SpanKind.CALL: "call",
    SpanKind.GATE: "gate",
    SpanKind.REVIEW: "review",
    SpanKind.LANDING: "landing",
    SpanKind.WAIT: "wait",
}


@dataclass(frozen=True)
class Bar:
    """Something that took its time."""

    x: float
    y: float
    width: float
    height: float
    style: str
    """What it was: task, attempt, call, gate, review, landing, wait."""
    label: str
    """As much of its name as it has room for."""
    told: str
    failed: bool
    critical: bool
    node: str = ""
    """The node that a task is for."""


@dataclass(frozen=True)
class Tick:
    """A moment of a run."""

    x: float
    label: str


@dataclass(frozen=True)
class Stretch:
    """A run in the picture."""

    x: float
    width: float
    label: str
    fold: str
    """How long after the run before it; empty for the first."""
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class Timeline:
    """The picture."""

    width: float
    height: float
    lanes: tuple[Tick, ...]
    """The workers; `x` is how far down."""
    stretches: tuple[Stretch, ...]
    bars: tuple[Bar, ...]


def draw_timeline(runs: Sequence[RunReport], nodes: Sequence[str]) -> Timeline:
    """Draw runs one after another; `nodes` are those that can be linked to."""
    scale, workers = _scale(runs), max((run.workers for run in runs), default=0)
    stretches: list[Stretch] = []
    bars: list[Bar] = []
    x: float = _LEFT
    for number, (before, run) in enumerate(pairwise((None, *runs)), 1):
        assert run is not None
        x += _FOLD if before else 0
        gap = run.start - before.start - before.seconds if before else 0.0
        fold = f"{duration(max(gap, 0.0))} later" if before else ""
        stretches.append(Stretch(x, run.seconds * scale, f"run {number}", fold, tuple(_ticks(run.seconds, x, scale))))
        bars += _bars(run, x, scale, frozenset(nodes))
        x += run.seconds * scale
    return Timeline(
        width=round(x + _RIGHT, 1),
        height=_TOP + workers * _LANE,
        lanes=tuple(Tick(_TOP + worker * _LANE, f"worker {worker + 1}") for worker in range(workers)),
        stretches=tuple(stretches),
        bars=tuple(bars),
    )


def _scale(runs: Sequence[RunReport]) -> float:
    """Return how much room a second takes."""
    tasks: dict[int, int] = {}
    for span in (span for run in runs for span in run.spans if span.kind is SpanKind.TASK):
        tasks[span.worker] = tasks.get(span.worker, 0) + 1
    width = min(_MOST_WIDTH, max(_LEAST_WIDTH, _ROOM * max(tasks.values(), default=0)))
    return width / max(sum(run.seconds for run in runs), 0.001)


def _ticks(seconds: float, x: float, scale: float) -> Iterator[Tick]:
    step = next((step for step in _STEPS if step * scale >= 80), 7 * 86400)
    for number in range(int(seconds / step) + 1):
        yield Tick(round(x + number * step * scale, 1), _moment(number * step))


def _moment(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 60 else duration(seconds)


def _bars(run: RunReport, x: float, scale: float, nodes: frozenset[str]) -> Iterator[Bar]:
    by_id = {span.id: span for span in run.spans}

    def depth(span: Span) -> int:
        parent = by_id.get(span.parent)
        return depth(parent) + 1 if parent else 0

    for span in sorted((span for span in run.spans if span.kind is not SpanKind.QUEUE), key=depth):
        left, width = x + (span.start - run.start) * scale, max(span.seconds * scale, 1.5)
        top, parent = _TOP + span.worker * _LANE, by_id.get(span.parent)
        inset = 4 if parent and parent.kind in (SpanKind.REVIEW, SpanKind.LANDING) else 0
        y, height = _place(span.kind, inset)
        node = node_of(span.task)
        ended = f", {span.outcome}" if _failed(span) else ", red as it has to be" if span.outcome == RED else ""
        yield Bar(
            x=round(left, 1),
            y=top + y,
            width=round(width, 1),
            height=height,
            style=_SHOWN.get(span.kind, span.kind.value),
            label=_label(span.name.removeprefix("run:"), width) if span.kind is SpanKind.TASK else "",
            told=f"{span.task}: {_told(span)}, {duration(span.seconds)}{ended}",
            failed=_failed(span),
            critical=span.kind is SpanKind.TASK and span.task in run.critical,
            node=node if node in nodes else "",
        )


def _failed(span: Span) -> bool:
    """Tell whether something did not pass that should have: tests before the work are to be red."""
    is_early = span.kind is SpanKind.GATE and span.name in _EARLY and span.task.startswith(("run:", "tests:"))
    return span.outcome != PASSED and not (is_early and span.outcome == RED)


def _place(kind: SpanKind, inset: int) -> tuple[int, int]:
    match kind:
        case SpanKind.TASK:
            return 4, _TASK
        case SpanKind.ATTEMPT:
            return 4 + _TASK + 2, 3
        case _:
            return 4 + _TASK + 7 + inset, _PARTS - 2 * inset


def _told(span: Span) -> str:
    return "task" if span.kind is SpanKind.TASK else f"{span.kind.value} {span.name}"


def _label(name: str, width: float) -> str:
    room = int((width - 10) / _LETTER)
    if len(name) <= room:
        return name
    return f"{name[: room - 1]}…" if room > 3 else ""
