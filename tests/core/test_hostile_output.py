"""Output that was made to be slow to read, or to be misread, costs no time."""

import time

import pytest

from director.core.testruns.outcome import count_tests, why_not_red
from director.core.testruns.trimming import trim_output

SIZE = 500_000
LOADER_FRAME = '  File "unittest/loader.py", unittest/loader.py", x\n'
HOSTILE = {
    "one line": "x",
    "spaces": " ",
    "escapes": "\x1b[0;",
    "numbers": "1",
    "empty lines": "\n",
    "counts that do not end": "1 passed, ",
    "a number among counts": f"Tests:  {'1' * SIZE}",
    "a program of many names": "python",
    "a usage that is said again and again": f"ERROR: usage: {'[file_or_dir]' * (SIZE // 13)}\n",
    "failures to parse in one line": "Transform failed ",
    "failures to parse in many lines": "Transform failed\n  File: ",
    "a path of slashes": f"Could not find '{'/' * (SIZE - 20)}'x",
    "places of errors": 'File "a", line 1\n',
    "the margin of pytest": f"E{' ' * SIZE}",
    "a traceback that can be read in many ways": (
        f"ImportError: Failed to import test module: x\nTraceback x\n{LOADER_FRAME * (SIZE // len(LOADER_FRAME))}"
    ),
    "errors without an end": "x error",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_half_a_megabyte_of_anything_is_judged_at_once(text: str) -> None:
    output = (text * (SIZE // len(text) + 1))[:SIZE]
    started = time.process_time()

    why_not_red(exit_code=1, timed_out=False, output=output, tests=["tests/test_a.py"])
    shown = trim_output(output)

    assert time.process_time() - started < 2
    assert len(shown) <= 8000


@pytest.mark.parametrize(
    "text",
    [
        "{} passed in 0.1s\n",
        "Ran {} tests in 0.1s\n\nOK\n",
        "# tests {}\n",
        "Tests:  {} passed, 1 total\n",
        "running {} tests\n",
    ],
)
def test_a_number_of_tests_that_nobody_can_have_counted_is_not_read(text: str) -> None:
    assert not count_tests(text.format("9" * 5000))
