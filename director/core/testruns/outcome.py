"""What the exit status and the output of a test command say."""

from collections.abc import Sequence

from director.core.testruns.counts import counts, plain
from director.core.testruns.faults import find_broken_command, find_missing_test, find_unparsed_test, is_lacking_program
from director.core.words import quoted

NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""Exit statuses of a shell that could not run a command."""

_PASSED = "the test command passes already: test what the node's spec asks for and the code does not do yet"
_NO_TESTS = "the test command ran no test: write tests that it finds, and skip none of them"


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


def _why_not_run(text: str, exit_code: int, tests: Sequence[str]) -> str | None:
    if exit_code in (NOT_EXECUTABLE, NOT_FOUND) and not is_lacking_program(text, tests):
        said = next((line for line in reversed(text.splitlines()) if line.strip()), f"exit status {exit_code}")
        return f"{quoted(said)}: use programs that are there, and start scripts through their interpreter"
    broken = find_broken_command(text)
    return broken and f"{quoted(broken)}: use a command that works in a clean checkout"
