"""Text for people: nothing in it steers a terminal, and nothing makes printing fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table

from director.cli.text import clean, counted, dollars, duration, plain, say, show
from tests.project import Project

STEERING = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b1A\r\b\x00‮"


def test_control_characters_are_shown_as_replaced() -> None:
    assert clean(STEERING) == "�]0;owned��[2J�[31mred�1A����"


def test_lines_and_letters_of_all_scripts_stay() -> None:
    text = "ä 日本 🙂 [bold]\nnext"

    assert clean(text) == text


def test_tabs_and_line_ends_of_windows_are_made_plain() -> None:
    assert clean("a\tb\r\nc") == "a    b\nc"


def test_markup_is_not_interpreted(capsys: pytest.CaptureFixture[str]) -> None:
    say("[red]text[/red] :smile: [/]")

    assert capsys.readouterr().out == "[red]text[/red] :smile: [/]\n"


@pytest.mark.parametrize(
    ("amount", "unpriced", "shown"),
    [
        (0.0, 0, "$0.0000"),
        (0.01, 0, "$0.0100"),
        (12.34567, 0, "$12.3457"),
        (0.5, 2, "$0.5000+?"),
        (0.0, 1, "?"),
    ],
)
def test_an_amount_says_whether_all_of_it_is_known(amount: float, unpriced: int, shown: str) -> None:
    assert dollars(amount, unpriced) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.0 s"),
        (0.04, "0.0 s"),
        (7.25, "7.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1:00"),
        (60, "1:00"),
        (119.6, "2:00"),
        (754, "12:34"),
        (3600, "1:00:00"),
        (90_061, "25:01:01"),
    ],
)
def test_a_duration_is_read_at_a_glance(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(("number", "said"), [(0, "0 tasks"), (1, "1 task"), (2, "2 tasks")])
def test_one_is_not_many(number: int, said: str) -> None:
    assert counted(number, "task") == said


def test_a_table_in_a_pipe_has_one_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row(plain("run:alpha"), plain("word " * 100 + "end"))
    table.add_row(plain("b"), plain("short"))

    show(table)

    long, short = capsys.readouterr().out.splitlines()
    assert long.endswith("word end")
    assert short == "b          short"


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["status"], ["status", "--json"]], ids=" ".join)
def test_a_reader_that_has_gone_is_no_error(project: Project, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "director", *arguments],
        cwd=project.root,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )

    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_build_goes_on_when_nobody_reads_any_more(project: Project) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "director", "plan", "write the modules", "--auto", "--no-critique"],
        cwd=project.root,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )

    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
    assert project.file("approved/plan.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a full disk at hand")
@pytest.mark.parametrize("arguments", [["--help"], ["status"]], ids=" ".join)
def test_output_to_a_full_disk_is_an_error_and_no_bug(project: Project, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "director", *arguments],
            cwd=project.root,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert done.stderr.startswith("error: the output cannot be used: no space left on device\nhint: ")
    assert "Traceback" not in done.stderr


def test_closed_output_is_no_error(project: Project) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$0" -m director status >&-', sys.executable],
        cwd=project.root,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_character_that_the_output_cannot_hold_is_replaced(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")

    done = project.director("list", "nö")

    assert done.code == 2
    assert done.err.startswith("error: there is no task 'n?'")


def test_what_an_agent_says_cannot_steer_the_terminal(project: Project) -> None:
    project.set_call("brainstorm", "spec", {"end": "refused", "detail": f"no: {STEERING}"})

    done = project.director("plan", "write the modules", "-v")

    assert done.code == 2
    assert "�[2J" in done.out
    assert "\x1b" not in done.out + done.err
    assert "\x9b" not in done.out + done.err


def test_a_shown_diff_cannot_steer_the_terminal(project: Project) -> None:
    code = "def alpha(): return 'alpha'  # \x1b]0;owned\x07\x9b2J\n"
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code}})
    project.plan()
    assert project.director("run:alpha").code == 0

    done = project.director("show", "alpha")

    assert done.code == 0
    assert "+def alpha(): return 'alpha'  # �]0;owned��2J" in done.out
    assert "\x1b" not in done.out
