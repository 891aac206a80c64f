"""What the exit status and the output of a test command say, and what of it an agent is shown."""

import re
from collections.abc import Sequence

from director.core.testruns.counts import counts, plain
from director.core.testruns.faults import find_broken_command, find_missing_test, find_unparsed_test, is_lacking_program
from director.core.words import quoted

NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""Exit statuses of a shell that could not run a command."""

_PASSED = "the test command passes already: test what the node's spec asks for and the code does not do yet"
_NO_TESTS = "the test command ran no test: write tests that it finds, and skip none of them"
_NOTE_ROOM = 60
"""Characters that a note on what was left out may take."""
_LINE_ROOM = 200
"""A cut is moved to the end of a line that is not further away than this."""
_FAILURE = re.compile(
    r"^(?:=+ (?:ERRORS|FAILURES) =+|(?:ERROR|FAIL): .*|Traceback \(most recent call last\):|ImportError while .*"
    r"| *not ok .*| *✖ .*|⎯+ Failed .*| FAIL  .*|  ● .*|--- FAIL: .*|failures:|error(?:\[\w+\])?: .*"
    r"|\S.*[Ee]rror: .*)$",
    re.MULTILINE,
)


def count_tests(output: str) -> int | None:
    """Return how many tests ran, or the least it can have been; None where the runner cannot be told.

    Skipped tests did not run. A test file that does not load counts as one test.
    """
    found = counts(plain(output))
    return sum(found) if found else None


def ran_no_tests(output: str) -> bool:
    """Tell whether a runner says that it ran no test."""
    return count_tests(output) == 0


def why_not_red(*, exit_code: int, timed_out: bool, output: str, tests: Sequence[str]) -> str | None:
    """Say why a run does not show tests that wait for their implementation, or return None if it does.

    What is not known to be a fault of the tests passes: their author is sent back only with a reason.
    """
    text = plain(output)
    if timed_out:
        return "the test command did not end in time: a test must fail, not wait, while the implementation is missing"
    if exit_code == 0:
        return _NO_TESTS if ran_no_tests(text) else _PASSED
    if missing := find_missing_test(text, tests):
        return f"the test command did not find {quoted(missing)}: write it where test_cmd looks for it"
    if unparsed := find_unparsed_test(text, tests):
        return f"{quoted(unparsed[0])} cannot be parsed: {unparsed[1]}"
    if broken := _why_not_run(text, exit_code, tests):
        return f"the test command could not be run: {broken}"
    return _NO_TESTS if ran_no_tests(text) else None


def trim_output(output: str, *, limit: int = 8000) -> str:
    """Return an output without colours and at most `limit` long: its first failure and its last lines."""
    text = plain(output)
    room = limit - 2 * _NOTE_ROOM
    if len(text) <= limit:
        return text
    if room <= 0:
        return text[len(text) - limit :]
    failure = found.start() if (found := _FAILURE.search(text)) else 0
    if len(text) - failure <= room:
        return _pieces(text, (_next_line(text, len(text) - room), len(text)))
    head = failure, _this_line(text, failure + room // 2)
    return _pieces(text, head, (_next_line(text, len(text) - room // 2), len(text)))


def _why_not_run(text: str, exit_code: int, tests: Sequence[str]) -> str | None:
    if exit_code in (NOT_EXECUTABLE, NOT_FOUND) and not is_lacking_program(text, tests):
        said = next((line for line in reversed(text.splitlines()) if line.strip()), f"exit status {exit_code}")
        return f"{quoted(said)}: use programs that are there, and start scripts through their interpreter"
    broken = find_broken_command(text)
    return broken and f"{quoted(broken)}: use a command that works in a clean checkout"


def _pieces(text: str, *spans: tuple[int, int]) -> str:
    shown, end = "", 0
    for start, stop in spans:
        shown += f"[... {start - end} characters left out ...]\n" if start > end else ""
        shown += text[start:stop]
        end = stop
    return shown


def _this_line(text: str, at: int) -> int:
    """Return where the line of a place starts, or the place itself in a line that is long."""
    return text.rfind("\n", max(at - _LINE_ROOM, 0), at) + 1 or at


def _next_line(text: str, at: int) -> int:
    """Return where the line after a place starts, or the place itself in a line that is long."""
    return text.find("\n", at - 1, at + _LINE_ROOM) + 1 or at
