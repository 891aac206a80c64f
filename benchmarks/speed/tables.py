"""Results as Markdown."""

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.speed.results import Line, Machine, Results, Row, Samples

_HEAD = """\
# Results

Made by `python -m benchmarks.speed` from the measurements in the JSON file beside it; [README.md](README.md) says how
to repeat it. Of several measurements the median counts. A ratio is the part that director has of what the peer,
director-cli, has in the same run.
"""


def markdown(results: Results) -> str:
    """Return the whole page."""
    rows = list(results.rows.values())
    parts = [_HEAD, *_places(rows), *table(rows), "", "## How it was measured", ""]
    parts += [part for row in rows for part in _details(row)]
    return "\n".join(parts).rstrip() + "\n"


def table(rows: Iterable[Row]) -> list[str]:
    """Return the table of all lines."""
    head = ["| what | director | peer | ratio | aim | reached |", "|---|---|---|---|---|---|"]
    return head + [_line(row, line) for row in rows for line in row.lines]


def _line(row: Row, line: Line) -> str:
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
    values = [_value(line.director, line.unit), _value(line.peer, line.unit), ratio, _aim(line), _reached(line)]
    return f"| {line.what}{' (quick)' if row.quick else ''} | {' | '.join(values)} |"


def _aim(line: Line) -> str:
    if line.aim is None:
        return ""
    return f"≤ {line.aim:g} of the peer" if line.against == "peer" else f"≤ {number(line.aim)} {line.unit}".rstrip()


def _reached(line: Line) -> str:
    return {True: "yes", False: "**no**", None: ""}[line.reached]


def _value(values: Sequence[float], unit: str) -> str:
    return f"{number(median(values))} {unit}".rstrip() if values else ""


def _places(rows: Sequence[Row]) -> list[str]:
    """Describe the machines, and which rows were measured there if there are several."""
    machines = {row.machine: [other.name for other in rows if other.machine == row.machine] for row in rows}
    named = {machine: f" ({', '.join(names)})" if len(machines) > 1 else "" for machine, names in machines.items()}
    return [f"{_machine(machine)}{names}.\n" for machine, names in named.items()]


def _machine(machine: Machine) -> str:
    memory = f"{machine.memory_gib:g} GiB of memory, {machine.file_system}"
    programs = f"{machine.kernel}, Python {machine.python}, git {machine.git}"
    return f"Machine: {machine.processor}, {machine.cores} cores, {memory}; {programs}"


def _details(row: Row) -> list[str]:
    programs = f"director {row.director}" + (f", director-cli {row.peer}" if row.peer else "")
    head = [f"### {row.name}", "", f"{row.how} ({programs}; {row.date})", ""]
    sides = [
        Samples(what=f"{line.what}: {name}", unit=line.unit, values=values)
        for line in row.lines
        for name, values in (("director", line.director), ("peer", line.peer))
        if values
    ]
    return [
        *head,
        "| measured | median | least | most | times |",
        "|---|---|---|---|---|",
        *map(_spread, (*sides, *row.more)),
        "",
    ]


def _spread(samples: Samples) -> str:
    least, most = number(min(samples.values)), number(max(samples.values))
    return f"| {samples.what} | {_value(samples.values, samples.unit)} | {least} | {most} | {len(samples.values)} |"


def number(value: float) -> str:
    """Return a number with about three digits."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{value:.{digits}f}"
