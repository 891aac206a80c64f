"""Faults of a node's tests as a failed run shows them; the patterns come from real runs, kept in tests/core/outputs.

Everything here is about the test files and the test command. That the implementation is missing or cannot be parsed is
no fault: it is what the tests are to be red for.

An output is as long as a program likes, and so are its lines: no pattern reads on from each of many places in a line.
"""

import re
from collections.abc import Sequence

# What a runner was asked for and did not find, whatever it is.
_NOT_FOUND = (
    r"^ERROR: (?:file or directory|module or package) not found: (?P<path>.+?)(?: \(missing __init__\.py\?\))?$",
    r"^Could not find '(?=[^'\n]*[/*])(?P<path>[^'\n]*)'\s*\Z",
    r"^error: no test target named `(?P<path>[^`\n]+)`",
    r"^stat (?P<path>\S+): directory not found$",
    r"^ImportError: Start directory is not importable: '(?P<path>[^'\n]+)'$",
    # unittest could not import what it was given: its loader is all of the traceback.
    r"^ImportError: Failed to import test module: .+\nTraceback .+\n"
    r"(?:  File \"[^\"\n]*unittest.loader\.py\", .+\n(?:    .+\n)*)+"
    r"ModuleNotFoundError: No module named '(?P<path>[^'\n]+)'$",
    # unittest was given the name of a test that is not in its file or class.
    r"^ERROR: (?P<path>\w+) \(unittest\.loader\._FailedTest.*\)\n-+\n"
    r"(?:Traceback .+\n(?:  .+\n)*)?AttributeError: .+ has no attribute '(?P=path)'$",
)

# What was not found counts only if it is one of the test files.
_TEST_NOT_FOUND = (
    r"Cannot find module '(?P<path>[^'\n]+)'",
    r"can't open file '(?P<path>[^'\n]+)': \[Errno 2\]",
    r"(?:cannot open|Can't open) (?P<path>\S+?)(?:: No such file)?$",
    r"^(?:\S+: )?(?P<path>\S+): No such file or directory$",
    r"^package (?P<path>\S+) is not in (?:GOROOT|std)\b",
)
_MODULE_NOT_FOUND = r"\bModuleNotFoundError: No module named '(?P<module>[\w.]+)'"

_NOT_PARSED = (
    # Python writes `, in NAME` behind the line of a frame; without it, it is the place that could not be parsed.
    r"^(?:E +| *)File \"(?P<path>[^\"\n]+)\", line \d+\n(?:.*\n){0,3}?"
    r"(?:E +)?(?P<said>(?:Syntax|Indentation|Tab)Error: .*)$",
    # Node calls an export that is not there a SyntaxError too.
    r"^(?:# )?(?:file://)?(?P<path>/[^\n]+):\d+\n(?:.*\n){0,5}?"
    r"(?:# )?(?P<said>SyntaxError: (?!The requested module|Named export).*)$",
    # jest
    r"^ *SyntaxError: (?P<path>/[^\n:]+): (?P<said>.*)$",
    # vitest, with the parsers of its versions
    r"^(?P<path>[^\s:]+):\d+:\d+: ERROR: (?P<said>.*)$",
    r"^(?>.*?(?P<said>Parse failure|Transform failed|invalid JS syntax)).*\n(?:.*\n){0,20}?"
    r" +File: (?P<path>\S+?)(?::\d+:\d+)?$",
    # go
    r"^(?P<path>\S+_test\.go):\d+:\d+: "
    r"(?P<said>(?:syntax error|expected|illegal|missing|string literal|rune literal).*)$",
    # cargo
    r"^error: (?P<said>(?:expected|unexpected|unterminated|unknown start|mismatched|this file contains an un).*)\n"
    r" +--> (?P<path>[^\n:]+):\d+:\d+$",
    # dash, bash
    r"^(?P<path>\S+): (?:line )?\d+: (?P<said>[Ss]yntax error.*)$",
)

_BROKEN_COMMANDS = (
    r"^(?=\S*python)\S+: (?P<said>No module named pytest)$",
    r"^ERROR: usage: (?>.*?\[file_or_dir\]).*\n.*: (?P<said>error: .+)$",
)
_SCRIPT_LACKS = r"^(?P<path>\S+): (?:line )?\d+: (?P<missing>\S+): "


def find_missing_test(text: str, tests: Sequence[str]) -> str | None:
    """Return what the test command was to run and did not find, or None."""
    for pattern in _NOT_FOUND:
        if found := re.search(pattern, text, re.MULTILINE):
            return _test_at(found["path"], tests) or found["path"]
    for pattern in _TEST_NOT_FOUND:
        for found in re.finditer(pattern, text, re.MULTILINE):
            if test := _test_at(found["path"], tests):
                return test
    modules = {found["module"].replace(".", "/") + ".py" for found in re.finditer(_MODULE_NOT_FOUND, text)}
    return next((test for test in tests if test in modules), None)


def find_unparsed_test(text: str, tests: Sequence[str]) -> tuple[str, str] | None:
    """Return a test file that could not be parsed and what the parser said, or None."""
    for pattern in _NOT_PARSED:
        for found in re.finditer(pattern, text, re.MULTILINE):
            if test := _test_at(found["path"], tests):
                return test, found["said"].strip()
    return None


def find_broken_command(text: str) -> str | None:
    """Return why the test command itself does not work, in its runner's words, or None."""
    found = (re.search(pattern, text, re.MULTILINE) for pattern in _BROKEN_COMMANDS)
    return next((match["said"] for match in found if match), None)


def is_lacking_program(text: str, tests: Sequence[str]) -> bool:
    """Tell whether a test that is a shell script ran and missed a file that it calls by its path."""
    return any(
        "/" in found["missing"] and _test_at(found["path"], tests)
        for found in re.finditer(_SCRIPT_LACKS, text, re.MULTILINE)
    )


def _test_at(path: str, tests: Sequence[str]) -> str | None:
    """Return the test file that an output names, be it by an absolute path or from a directory of the repository."""
    shown = path.removeprefix("./")
    same = (test for test in tests if shown == test or shown.endswith("/" + test) or test.endswith("/" + shown))
    return next(same, None)
