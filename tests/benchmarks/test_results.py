"""What the measurements say, and how it is shown."""

import pytest

from benchmarks.speed.results import Line, Machine, Results, Row, Samples, with_rows
from benchmarks.speed.tables import markdown, number

MACHINE = Machine(
    processor="Abacus", cores=2, memory_gib=4, file_system="ext4", kernel="Linux 6", python="3.11.7", git="2.39.5"
)


def row(name: str, *lines: Line, quick: bool = False, machine: Machine = MACHINE) -> Row:
    return Row(
        name=name,
        how="With a watch.",
        lines=lines,
        more=(Samples(what="planning", unit="ms", values=(8.0,)),),
        machine=machine,
        date="2026-01-02",
        director="0.1.0",
        peer="0.11.0",
        quick=quick,
    )


@pytest.mark.parametrize(
    ("line", "reached"),
    [
        (Line(what="a", director=(3.0, 9.0, 3.5), peer=(10.0,), aim=0.35, against="peer"), True),
        (Line(what="a", director=(3.6,), peer=(10.0,), aim=0.35, against="peer"), False),
        (Line(what="a", director=(3.0,), aim=0.35, against="peer"), None),
        (Line(what="a", director=(1.12,), peer=(0.5,), aim=1.12), True),
        (Line(what="a", director=(1.13,), peer=(10.0,), aim=1.12), False),
        (Line(what="a", director=(1.13,)), None),
    ],
)
def test_an_aim_is_held_against_the_median(line: Line, reached: bool | None) -> None:
    assert line.reached is reached


def test_a_row_that_is_measured_again_replaces_itself_alone() -> None:
    line, again = Line(what="a", director=(1.0,)), Line(what="a", director=(2.0,))
    known = Results(rows={"first": row("first", line), "second": row("second", line)})

    results = with_rows(known, [row("first", again), row("third", line)], order=["third", "first", "second"])

    assert [(name, found.lines[0].director) for name, found in results.rows.items()] == [
        ("third", (1.0,)),
        ("first", (2.0,)),
        ("second", (1.0,)),
    ]


def test_the_page_shows_what_was_reached_and_what_was_not() -> None:
    first = Line(what="a node", unit="ms", director=(30.0, 90.0, 31.0), peer=(100.0,), aim=0.35, against="peer")
    second = Line(what="all", unit="s", director=(4.25,), aim=3.0)

    page = markdown(Results(rows={"node": row("node", first, second, quick=True)}))

    assert "Machine: Abacus, 2 cores, 4 GiB of memory, ext4; Linux 6, Python 3.11.7, git 2.39.5.\n" in page
    assert "| a node (quick) | 31.0 ms | 100 ms | 0.31 | ≤ 0.35 of the peer | yes |\n" in page
    assert "| all (quick) | 4.25 s |  |  | ≤ 3.00 s | **no** |\n" in page
    assert "| a node: director | 31.0 ms | 30.0 | 90.0 | 3 |\n" in page
    assert "| planning | 8.00 ms | 8.00 | 8.00 | 1 |\n" in page


def test_rows_of_several_machines_are_told_apart() -> None:
    line, other = Line(what="a", director=(1.0,)), MACHINE.model_copy(update={"cores": 64})
    rows = {"first": row("first", line), "second": row("second", line, machine=other)}

    page = markdown(Results(rows=rows))

    assert "git 2.39.5 (first).\n" in page
    assert "64 cores, 4 GiB of memory, ext4; Linux 6, Python 3.11.7, git 2.39.5 (second).\n" in page


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1234"), (57.04, "57.0"), (1.125, "1.12"), (0.35, "0.35"), (0.0123, "0.012")]
)
def test_a_number_has_about_three_digits(value: float, text: str) -> None:
    assert number(value) == text
