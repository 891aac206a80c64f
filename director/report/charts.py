"""The pictures of a bench: cost against quality, and what each profile came to. Shapes and places, no style."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from director.core.amounts import dollars, duration
from director.core.bench.statistics import Estimate
from director.core.bench.summary import ArmSummary, BenchSummary, ProfileSummary
from director.report.scales import moment, money, money_ticks, scale, second_ticks

WIDTH = 360
"""Of every picture: that of a telephone."""
SHAPES = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "M-3.6-3.6h7.2v7.2h-7.2z",
    "M0-5.2L5.2 0L0 5.2L-5.2 0z",
    "M0-5L4.8 3.6H-4.8z",
    "M0 5L4.8-3.6H-4.8z",
    "M-1.6-4.8h3.2v3.2h3.2v3.2h-3.2v3.2h-3.2v-3.2h-3.2v-3.2h3.2z",
)
"""One for each profile, round the origin; after the last one they begin again."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 14, 44, 300
_ROW, _FOOT = 46, 30
_LETTER, _LINE, _RADIUS = 6.6, 14, 6
Text = Callable[[float], str]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""


@dataclass(frozen=True)
class Tick:
    """A value of a scale."""

    at: float
    label: str


@dataclass(frozen=True)
class Dot:
    """One trial."""

    x: float
    y: float
    series: int
    """The number of its profile."""
    told: str


@dataclass(frozen=True)
class Label:
    """A name beside what it names."""

    x: float
    y: float
    text: str

    @property
    def box(self) -> Box:
        """The room that it takes."""
        return self.x, self.y - _LINE + 3, self.x + len(self.text) * _LETTER, self.y + 3


@dataclass(frozen=True)
class Mark:
    """The median of a profile's trials, and its intervals."""

    x: float
    y: float
    series: int
    across: tuple[float, float]
    """From where to where the interval of the cost is; twice the median where there is none."""
    along: tuple[float, float]
    """The same of the quality."""
    label: Label
    told: str


@dataclass(frozen=True)
class Scatter:
    """Cost against quality."""

    width: int
    height: int
    frame: Box
    """The field."""
    costs: tuple[Tick, ...]
    qualities: tuple[Tick, ...]
    dots: tuple[Dot, ...]
    marks: tuple[Mark, ...]
    missing: tuple[str, ...]
    """Profiles that have no place in it, for their cost is not known or no arm came to its end."""


@dataclass(frozen=True)
class Row:
    """What the trials of a profile came to."""

    name: str
    y: float
    series: int
    dots: tuple[float, ...]
    middle: float | None
    low: float
    high: float
    value: str


@dataclass(frozen=True)
class Whiskers:
    """A measure by profile."""

    width: int
    height: int
    frame: Box
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]


def draw_scatter(summary: BenchSummary) -> Scatter:
    """Draw each arm that came to its end and whose cost is known, and the medians of profiles."""
    done = [arm for arm in summary.arms if arm.is_done and arm.quality is not None and arm.cost_usd is not None]
    frame = (_LEFT, _TOP, WIDTH - _RIGHT, _BOTTOM)
    ticks = money_ticks([arm.cost_usd or 0.0 for arm in done])
    across, along = scale(ticks[-1], _LEFT, WIDTH - _RIGHT), scale(1.0, _BOTTOM, _TOP)
    number = {profile.profile: place for place, profile in enumerate(summary.profiles)}
    placed = [profile for profile in summary.profiles if profile.cost and profile.quality]
    return Scatter(
        width=WIDTH,
        height=_BOTTOM + _FOOT + 14,
        frame=frame,
        costs=tuple(Tick(across(value), money(value, ticks)) for value in ticks),
        qualities=tuple(Tick(along(value), f"{value:.0%}") for value in (0.0, 0.25, 0.5, 0.75, 1.0)),
        dots=tuple(
            Dot(across(arm.cost_usd or 0.0), along(arm.quality or 0.0), number[arm.profile], _told(arm)) for arm in done
        ),
        marks=tuple(_marks(placed, number, across, along)),
        missing=tuple(profile.profile for profile in summary.profiles if profile not in placed),
    )


def draw_cost(summary: BenchSummary) -> Whiskers:
    """Draw what profiles cost."""
    costs = [arm.cost_usd for arm in _done(summary)]
    ticks = money_ticks([cost for cost in costs if cost is not None])
    found = {profile.profile: profile.cost for profile in summary.profiles}
    return _whiskers(summary, found, lambda arm: arm.cost_usd, ticks, lambda value: money(value, ticks), dollars)


def draw_time(summary: BenchSummary) -> Whiskers:
    """Draw how long profiles took."""
    found = {profile.profile: profile.seconds for profile in summary.profiles}
    ticks = second_ticks([arm.seconds for arm in _done(summary)])
    return _whiskers(summary, found, lambda arm: arm.seconds, ticks, moment, duration)


def _whiskers(
    summary: BenchSummary,
    found: dict[str, Estimate | None],
    measure: Callable[[ArmSummary], float | None],
    ticks: Sequence[float],
    shown: Text,
    told: Text,
) -> Whiskers:
    left, right, bottom = 8, WIDTH - _RIGHT, len(found) * _ROW + 4
    along = scale(ticks[-1], left, right)
    rows = []
    for place, (name, estimate) in enumerate(found.items()):
        values = [measure(arm) for arm in _done(summary) if arm.profile == name]
        low, high = _interval(estimate)
        rows.append(
            Row(
                name=name,
                y=place * _ROW + 30,
                series=place,
                dots=tuple(along(value) for value in values if value is not None),
                middle=along(estimate.median) if estimate else None,
                low=along(low),
                high=along(high),
                value=estimate.told(told) if estimate else "not known",
            )
        )
    frame = (left, 0, right, bottom)
    return Whiskers(
        WIDTH, bottom + _FOOT, frame, tuple(Tick(along(value), shown(value)) for value in ticks), tuple(rows)
    )


def _done(summary: BenchSummary) -> list[ArmSummary]:
    return [arm for arm in summary.arms if arm.is_done]


def _marks(
    profiles: Sequence[ProfileSummary],
    number: dict[str, int],
    across: Callable[[float], float],
    along: Callable[[float], float],
) -> Iterator[Mark]:
    """Yield the medians, each with its name where it hides no other name, no median and no interval."""
    bare = [_mark(profile, number[profile.profile], across, along) for profile in profiles]
    taken = [box for mark in bare for box in _boxes(mark)]
    for mark in bare:
        label = _label(mark.label.text, mark.x, mark.y, taken)
        taken.append(label.box)
        yield replace(mark, label=label)


def _mark(
    profile: ProfileSummary, series: int, across: Callable[[float], float], along: Callable[[float], float]
) -> Mark:
    """Return a median whose name has no place yet."""
    cost, quality = _interval(profile.cost), _interval(profile.quality)
    return Mark(
        x=across(_median(profile.cost)),
        y=along(_median(profile.quality)),
        series=series,
        across=(across(cost[0]), across(cost[1])),
        along=(along(quality[0]), along(quality[1])),
        label=Label(0.0, 0.0, profile.profile),
        told=f"{profile.profile}: median cost {_shown(profile.cost, dollars)}, "
        f"median quality {_shown(profile.quality, _percent)}",
    )


def _boxes(mark: Mark) -> list[Box]:
    """Return the room that a median and its intervals take."""
    x, y = mark.x, mark.y
    return [
        (x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS),
        (mark.across[0], y - 2, mark.across[1], y + 2),
        (x - 2, mark.along[1], x + 2, mark.along[0]),
    ]


def _label(name: str, x: float, y: float, taken: Sequence[Box]) -> Label:
    room = int((WIDTH - 4) / _LETTER)
    text = name if len(name) <= room else f"{name[: room - 1]}…"
    width = len(text) * _LETTER
    middle = min(max(x - width / 2, 2), WIDTH - 2 - width)
    places = [(middle, -10), (middle, 20), (x + 9, 4), (x - 9 - width, 4)]
    places += [(middle, dy) for step in range(2, 12) for dy in (-10 - step * _LINE, 20 + step * _LINE)]
    found = [Label(round(left, 1), round(y + dy, 1), text) for left, dy in places]
    return next((label for label in found if _is_free(label.box, taken)), found[0])


def _is_free(box: Box, taken: Sequence[Box]) -> bool:
    left, top, right, bottom = box
    is_inside = left >= 0 and right <= WIDTH and top >= 0 and bottom <= _BOTTOM
    return is_inside and not any(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in taken
    )


def _interval(found: Estimate | None) -> tuple[float, float]:
    if found is None:
        return 0.0, 0.0
    if found.low is None or found.high is None:
        return found.median, found.median
    return found.low, found.high


def _median(found: Estimate | None) -> float:
    return found.median if found else 0.0


def _shown(found: Estimate | None, text: Text) -> str:
    return found.told(text) if found else "not known"


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _told(arm: ArmSummary) -> str:
    return f"{arm.profile}, trial {arm.trial}: {dollars(arm.cost_usd or 0.0)}, quality {arm.quality or 0.0:.0%}"
