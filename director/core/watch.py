"""Watch it fail: did an executor see the tests fail before it wrote anything?"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePosixPath

from director.core.calls import ToolEvent, ToolKind

_RUNNERS = ("pytest", "unittest", "node --test", "vitest", "jest", "npm test", "go test", "cargo test", "make test")


class WatchItFail(StrEnum):
    """The verdict; advisory."""

    OBSERVED = "observed"
    NOT_OBSERVED = "not_observed"
    UNKNOWN = "unknown"


def watch_it_fail(events: Sequence[ToolEvent], *, test_cmd: str, tests: Sequence[str]) -> WatchItFail:
    """Judge a transcript's ordered tool events; unknown where the program tells of no tool.

    A command counts as running the tests if it names one of them, or the runner that the test command uses.
    """
    if not events:
        return WatchItFail.UNKNOWN
    runners = [runner for runner in _RUNNERS if runner in test_cmd]
    names = [test_cmd, *runners, *(PurePosixPath(test).stem for test in tests)]
    for event in events:
        if event.kind is ToolKind.EDIT:
            break
        if event.kind is ToolKind.RUN and event.exit_code != 0 and any(name in event.detail for name in names):
            return WatchItFail.OBSERVED
    return WatchItFail.NOT_OBSERVED
