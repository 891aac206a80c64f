"""The picture of the plan: boxes and the curves between them, in units of a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

from director.core.amounts import counted, dollars, duration
from director.report.layout import Place, lay_out
from director.report.model import NodeReport, Report

WIDTH, HEIGHT = 212, 76
_ACROSS, _DOWN, _MARGIN = 276, 96, 12
_NAME, _TIER = 24, 30
"""Characters that a box has room for."""
MARKS = {"landed": "✓", "failed": "✗", "ready": "▸", "waiting": "○"}
"""A state is told by its mark and its word too, not by its colour alone."""


@dataclass(frozen=True)
class Box:
    """A node of the picture."""

    name: str
    x: float
    y: float
    state: str
    mark: str
    lines: tuple[str, str, str]
    told: str
    """The whole of it, for those who hear it."""


@dataclass(frozen=True)
class Graph:
    """The picture."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[str, ...]
    """Paths of SVG."""


def draw_graph(report: Report) -> Graph:
    """Place every node, and draw what each needs."""
    layout = lay_out({node.node.id: node.node.depends_on for node in report.nodes})
    return Graph(
        width=2 * _MARGIN + (layout.layers - 1) * _ACROSS + WIDTH,
        height=round(2 * _MARGIN + layout.breadth * _DOWN - (_DOWN - HEIGHT), 1),
        boxes=tuple(_box(node, layout.places[node.node.id]) for node in report.nodes if node.node.id in layout.places),
        curves=tuple(_curve(edge) for edge in layout.edges),
    )


def _box(node: NodeReport, place: Place) -> Box:
    status = node.status
    money = dollars(status.cost_usd, status.unpriced_calls)
    spent = f"{money} · {duration(status.seconds)}" if node.calls else "nothing spent yet"
    attempts = counted(status.attempts, "attempt")
    tier = status.tier.rpartition("/")[2] or status.tier
    by = f"{tier}{', escalated' if status.escalated else ''}" if tier else node.node.estimated_difficulty
    return Box(
        name=status.id,
        x=_left(place),
        y=round(_middle(place) - HEIGHT / 2, 1),
        state=status.state,
        mark=MARKS[status.state],
        lines=(_cut(status.id, _NAME), _cut(by, _TIER), spent),
        told=f"{status.id}: {status.state}, {attempts}, {by}, {spent}",
    )


def _curve(edge: Sequence[Place]) -> str:
    """Run from the right side of a box to the left side of another, straight through the layers between."""
    start, *between, end = edge
    x, y = _left(start) + WIDTH, _middle(start)
    parts = [f"M{x:g} {y:g}"]
    for place in between:
        parts += [_bend(x, y, _left(place), _middle(place)), f"h{WIDTH}"]
        x, y = _left(place) + WIDTH, _middle(place)
    return " ".join([*parts, _bend(x, y, _left(end), _middle(end))])


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (x + to_x) / 2
    return f"C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"


def _left(place: Place) -> float:
    return _MARGIN + place.layer * _ACROSS


def _middle(place: Place) -> float:
    return round(_MARGIN + place.at * _DOWN - (_DOWN - HEIGHT) / 2, 1)


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
