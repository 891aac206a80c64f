"""How the rows are measured: with which programs, how thoroughly, and how the numbers of both are put side by side."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from benchmarks.speed.results import Against, Line, Samples
from benchmarks.speed.subjects import Director, Peer, Subject

AT_ONCE = 8


@dataclass(frozen=True)
class Found:
    """What a row measured."""

    how: str
    lines: tuple[Line, ...]
    more: tuple[Samples, ...] = ()


@dataclass(frozen=True)
class Setting:
    """The programs, and whether a first impression is enough."""

    director: Director
    peer: Peer | None
    quick: bool = False
    tell: Callable[[str], None] = print

    @property
    def subjects(self) -> list[Subject]:
        """Both programs, or director alone."""
        return [self.director, *([self.peer] if self.peer else [])]

    def in_turn(self, times: int) -> Iterator[tuple[int, Subject]]:
        """Return the programs in turn, A B A B, with the number of the turn: what slows the machine slows both."""
        for turn in range(times):
            for subject in self.subjects:
                yield turn, subject


@dataclass(frozen=True)
class Pairs:
    """Measurements of the same thing of both programs."""

    what: str
    unit: str = ""
    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By the program's name."""

    def add(self, subject: Subject, value: float) -> None:
        """Add a measurement."""
        self.values[subject.name].append(value)

    def line(self, *, aim: float | None = None, against: Against = "peer") -> Line:
        """Return them as a line of the table."""
        director, peer = (tuple(self.values.get(name, ())) for name in ("director", "peer"))
        return Line(what=self.what, unit=self.unit, director=director, peer=peer, aim=aim, against=against)

    def samples(self) -> list[Samples]:
        """Return them as further measurements."""
        found = self.values.items()
        return [Samples(what=f"{self.what}: {name}", unit=self.unit, values=tuple(values)) for name, values in found]


Measure = Callable[[Setting], Found]
