"""The outputs are those of real runs; what is long in a test is long because a program writes on and on."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from director.core.testruns.trimming import LINE_CHARACTERS, trim_output

OUTPUTS = Path(__file__).parent / "outputs"
NOISE = "".join(f"connecting to shard {number}\n" for number in range(2000))


def output(name: str) -> str:
    return (OUTPUTS / f"{name}.txt").read_text(encoding="utf-8")


def test_a_short_output_is_kept_whole() -> None:
    assert trim_output("all is well\n") == "all is well\n"


def test_colours_are_left_out() -> None:
    assert "\x1b" not in trim_output(output("pytest-failed-coloured"))
    assert "\x1b" not in trim_output(output("pytest-failed-coloured"), limit=200)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]8;;file:///a.py\x1b\\a.py\x1b]8;;\x1b\\:3\n", "a.py:3\n"),
        ("\x1b]0;a title\x07done\n", "done\n"),
        ("a\x1bcb\x08\x00\n", "ab\n"),
        ("1 %\r50 %\r100 %\ndone\r\n", "100 %\ndone\n"),
        ("1 %\r100 %\r\r\n", "100 %\n"),
    ],
    ids=["links", "titles", "other controls", "lines that were overwritten", "ends of lines"],
)
def test_what_only_a_terminal_understands_is_left_out(text: str, shown: str) -> None:
    assert trim_output(text) == shown


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["a"] * 3, ["a"] * 3),
        (["a"] * 4, ["a", "[the line above 3 more times]"]),
        (["x", *["a", "b"] * 500, "y"], ["x", "a", "b", "[the 2 lines above 499 more times]", "y"]),
        (["a", "b", "c"] * 2, ["a", "b", "c", "[the 3 lines above 1 more time]"]),
        ([*["a", "b"] * 3, "a"], ["a", "b", "[the 2 lines above 2 more times]", "a"]),
        ([f"retry {number}" for number in range(5)], [f"retry {number}" for number in range(5)]),
    ],
    ids=["few", "a line", "lines", "once more", "a rest", "what differs"],
)
def test_lines_that_repeat_are_shown_once(lines: list[str], shown: list[str]) -> None:
    assert trim_output("\n".join(lines) + "\n") == "\n".join(shown) + "\n"


def test_a_long_line_is_cut_in_its_middle() -> None:
    trimmed = trim_output("start" + "x" * 100_000 + "end\n")

    assert trimmed.startswith("startxxx")
    assert trimmed.endswith("xxxend\n")
    assert f"[... {100_008 - LINE_CHARACTERS} characters left out ...]" in trimmed


def test_a_long_output_keeps_its_first_failure_and_its_last_lines() -> None:
    before = "".join(f"collected {number}\n" for number in range(300))
    middle = "".join(f"frame {number}\n" for number in range(300))
    text = f"{before}=== FAILURES ===\nE   assert 1 == 2\n{middle}1 failed in 0.1s\n"

    trimmed = trim_output(text, limit=400)

    assert trimmed.startswith(
        f"[... {len(before)} characters left out ...]\n=== FAILURES ===\nE   assert 1 == 2\nframe 0\n"
    )
    assert trimmed.endswith("\nframe 299\n1 failed in 0.1s\n")
    assert trimmed.count("characters left out ...]\n") == 2


def test_what_was_wrong_is_shown_however_far_below_its_heading_it_stands() -> None:
    source = "".join(f"    step({number})\n" for number in range(500))
    text = f"{NOISE}=== FAILURES ===\n___ test_steps ___\n{source}E   assert 1 == 2\n{NOISE}1 failed in 0.1s\n"

    trimmed = trim_output(text, limit=1000)

    assert "=== FAILURES ===\n___ test_steps ___\n    step(0)\n" in trimmed
    assert "left out ...]\nE   assert 1 == 2\n" in trimmed
    assert trimmed.endswith("1 failed in 0.1s\n")


def test_a_failure_near_the_end_is_shown_with_what_comes_before_it() -> None:
    trimmed = trim_output(NOISE + "--- FAIL: TestGreets (0.00s)\nFAIL\n", limit=400)

    assert trimmed.count("characters left out") == 1
    assert trimmed.endswith("shard 1998\nconnecting to shard 1999\n--- FAIL: TestGreets (0.00s)\nFAIL\n")


def test_what_a_program_logs_is_not_taken_for_the_failure_that_a_runner_tells_of() -> None:
    text = f"ValueError: that is logged\n{NOISE}{output('pytest-failed')}{NOISE}"

    trimmed = trim_output(text, limit=3000)

    assert "that is logged" not in trimmed
    assert "E   ValueError: x\n" in trimmed


def test_what_is_left_out_is_counted() -> None:
    trimmed = trim_output("Traceback (most recent call last):\n" + NOISE, limit=1000)

    note = trimmed[trimmed.index("[... ") :].splitlines()[0]
    shown = len(trimmed) - len(note) - 1
    assert note == f"[... {len(NOISE) + 35 - shown} characters left out ...]"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pytest-failed", "E   ValueError: x"),
        ("pytest-failed-coloured", "E       AssertionError: 'hi' != 'Hello, Ada'"),
        ("pytest-implementation-missing", "E   ModuleNotFoundError"),
        ("unittest-failed", "AssertionError: 'hi' != 'Hello, Ada'"),
        ("unittest-implementation-missing", "ModuleNotFoundError: No module named"),
        ("node-failed-spec", "AssertionError [ERR_ASSERTION]: 'hi' == 'Hello, Ada'"),
        ("node-failed-tap", "not ok 1 - greets by name"),
        ("vitest-failed", "AssertionError: expected 'hi' to be 'Hello, Ada'"),
        ("jest-failed", "  ● greets by name"),
        ("go-failed", 'a_test.go:5: got "hi"'),
        ("cargo-failed", "panicked at tests/red.rs:2:23:"),
        ("cargo-implementation-missing", "error[E0432]: unresolved import `greeter::greet`"),
    ],
)
def test_in_a_flood_the_failure_of_a_real_run_is_found(name: str, said: str) -> None:
    trimmed = trim_output(f"{NOISE}{output(name)}\n{NOISE}", limit=2000)

    assert said in trimmed
    assert len(trimmed) <= 2000


@pytest.mark.parametrize("name", sorted(path.stem for path in OUTPUTS.iterdir()))
def test_a_real_output_is_cut_to_size(name: str) -> None:
    trimmed = trim_output(output(name), limit=500)

    assert len(trimmed) <= 500


@given(st.text(alphabet="ab \n\r\x1b[m", max_size=400), st.integers(min_value=0, max_value=300))
def test_a_trimmed_output_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(trim_output(text, limit=limit)) <= limit
