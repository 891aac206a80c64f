"""How the common test runners say how many tests ran; the patterns come from real runs, kept in tests/core/outputs.

Skipped tests did not run. A test file that does not load counts as one test, as unittest and node count it: it failed.
"""

import re
from collections.abc import Callable

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")

_COUNT = r"\d{1,9}"
"""A number that somebody counted; what is longer is not read, nor is it tried from every one of its digits."""

_PYTEST_PART = rf"{_COUNT} (?:passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?|rerun|subtests \w+)"
_PYTEST_ONLY_COLLECTED = r"(?:[\d/]+|no) tests? collected(?: \([^)\n]*\))?"
_PYTEST = re.compile(
    rf"^(?:=+ )?(?P<parts>{_PYTEST_PART}(?:, {_PYTEST_PART})*|no tests ran|{_PYTEST_ONLY_COLLECTED})"
    r" in [\d.]+ ?s(?:econds)?(?: \([\d:]+\))?(?: =+)?$",
    re.MULTILINE,
)
_PYTEST_RAN = re.compile(rf"\b({_COUNT}) (?:passed|failed|error|xfailed|xpassed)")
_UNITTEST = re.compile(rf"^Ran ({_COUNT}) tests? in [\d.]+s\n\n(FAILED)?(?:.*\bskipped=({_COUNT}))?", re.MULTILINE)
_UNITTEST_PASSED = re.compile(r"^[sFEux]*\.[.sFEux]*$| \.\.\. ok$", re.MULTILINE)
_NODE = re.compile(rf"^(?:#|ℹ) (tests|skipped|todo) ({_COUNT})$", re.MULTILINE)
_JS_TESTS = re.compile(r"^ *Tests(?:: +|  +)(\S.*)$", re.MULTILINE)
_JS_FILES = re.compile(r"^ *Test (?:Suites: +|Files  +)(\S.*)$", re.MULTILINE)
_JS_RAN = re.compile(rf"\b({_COUNT}) (?:passed|failed)")
_JS_FAILED = re.compile(rf"\b({_COUNT}) failed")
_JS_NONE = re.compile(r"^No test(?: file)?s found, exiting with code \d+$", re.MULTILINE)
_JS_EMPTY = re.compile(
    r"No test suite found in file |^ +Your test suite must contain at least one test\.$", re.MULTILINE
)
_GO_PACKAGE = re.compile(r"^(?:ok|FAIL|\?) *\t\S+[ \t](.*)$", re.MULTILINE)
_GO_TEST = re.compile(r"^--- (?:PASS|FAIL): ", re.MULTILINE)
_CARGO = re.compile(rf"^running ({_COUNT}) tests?$", re.MULTILINE)
_CARGO_IGNORED = re.compile(rf"^test result: .* ({_COUNT}) ignored;", re.MULTILINE)


def plain(output: str) -> str:
    """Return the output without colours, each line ended by a line feed."""
    return _ESCAPES.sub("", output).replace("\r\n", "\n")


def counts(text: str) -> list[int]:
    """Return how many tests ran, or the least it can have been, for each runner that speaks in a plain text."""
    return [count for counter in _COUNTERS if (count := counter(text)) is not None]


def _pytest(text: str) -> int | None:
    runs = [match["parts"] for match in _PYTEST.finditer(text)]
    return sum(int(count) for parts in runs for count in _PYTEST_RAN.findall(parts)) if runs else None


def _unittest(text: str) -> int | None:
    runs = [(int(ran), int(skipped or 0), bool(failed)) for ran, failed, skipped in _UNITTEST.findall(text)]
    # Python 3.12.1 leaves skipped tests out of those it ran, and subtests are skipped beside their test: so as many
    # skipped as ran may still leave some. https://github.com/python/cpython/pull/114994
    passed = bool(_UNITTEST_PASSED.search(text))
    return sum(max(ran - skipped, int(failed or passed)) for ran, skipped, failed in runs) if runs else None


def _node(text: str) -> int | None:
    found = _NODE.findall(text)
    ran = sum(int(count) if kind == "tests" else -int(count) for kind, count in found)
    return max(ran, 0) if any(kind == "tests" for kind, _ in found) else None


def _vitest_and_jest(text: str) -> int | None:
    tests, files = _JS_TESTS.findall(text), _JS_FILES.findall(text)
    if not tests:
        return 0 if _JS_NONE.search(text) else None
    ran = sum(int(count) for line in tests for count in _JS_RAN.findall(line))
    failed = sum(int(count) for line in files for count in _JS_FAILED.findall(line))
    return max(ran, failed - len(_JS_EMPTY.findall(text)))


def _go(text: str) -> int | None:
    packages = _GO_PACKAGE.findall(text)
    tested = [said for said in packages if "[no test files]" not in said and "[no tests to run]" not in said]
    return max(len(tested), len(_GO_TEST.findall(text))) if packages else None


def _cargo(text: str) -> int | None:
    running = _CARGO.findall(text)
    ignored = sum(map(int, _CARGO_IGNORED.findall(text)))
    return max(sum(map(int, running)) - ignored, 0) if running else None


_COUNTERS: tuple[Callable[[str], int | None], ...] = (_pytest, _unittest, _node, _vitest_and_jest, _go, _cargo)
