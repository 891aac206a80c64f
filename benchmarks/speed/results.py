"""What was measured, as values that are kept in a file; nothing in it is computed from something else in it."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Literal

from director.core.model import Model

Against = Literal["peer", "itself"]


class Samples(Model):
    """Measurements of one thing, in the order in which they were made."""

    what: str
    unit: str
    values: tuple[float, ...]


class Line(Model):
    """A line of the table: director and the peer at the same work."""

    what: str
    unit: str = ""
    director: tuple[float, ...]
    peer: tuple[float, ...] = ()
    aim: float | None = None
    """The most that director may have; None where nothing is aimed at."""
    against: Against = "itself"
    """Whether the aim is a part of what the peer has, or a number by itself."""

    @property
    def ratio(self) -> float | None:
        """The median of director as a part of the peer's."""
        return median(self.director) / median(self.peer) if self.peer else None

    @property
    def reached(self) -> bool | None:
        """Whether director has at most what is aimed at; None where nothing is, or where there is no peer."""
        value = self.ratio if self.against == "peer" else median(self.director)
        return None if self.aim is None or value is None else value <= self.aim


class Machine(Model):
    """Where it was measured."""

    processor: str
    cores: int
    memory_gib: float
    file_system: str
    kernel: str
    python: str
    git: str


class Row(Model):
    """What one benchmark found."""

    name: str
    how: str
    """How it was measured."""
    lines: tuple[Line, ...]
    more: tuple[Samples, ...] = ()
    """What else was measured on the way."""
    machine: Machine
    date: str
    director: str
    """Its version and commit."""
    peer: str = ""
    quick: bool = False
    """Measured with smaller sizes, for a first impression."""


class Results(Model):
    """Every row, each as it was measured last."""

    version: Literal[1] = 1
    rows: dict[str, Row] = {}


def read_results(path: Path) -> Results:
    """Read what was measured before; nothing if there is no such file."""
    return Results.model_validate_json(path.read_text()) if path.exists() else Results()


def with_rows(results: Results, rows: Sequence[Row], *, order: Sequence[str]) -> Results:
    """Return results in which these rows replace those of their names."""
    known = {**results.rows, **{row.name: row for row in rows}}
    return Results(rows={name: known[name] for name in order if name in known})
