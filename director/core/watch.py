"""Watch it fail: did an executor see the tests fail before it wrote anything?"""

from collections.abc import Sequence
from enum import StrEnum

from director.core.calls import ToolEvent, ToolKind


class WatchItFail(StrEnum):
    """The verdict; advisory."""

    OBSERVED = "observed"
    NOT_OBSERVED = "not_observed"
    UNKNOWN = "unknown"


def watch_it_fail(events: Sequence[ToolEvent], *, test_cmd: str, tests: Sequence[str]) -> WatchItFail:
    """Judge a transcript's ordered tool events; unknown where the program tells of no tool."""
    if not events:
        return WatchItFail.UNKNOWN
    names = [test_cmd, *tests, *(test.rsplit("/", 1)[-1] for test in tests)]
    for event in events:
        if event.kind is ToolKind.EDIT:
            break
        if event.kind is ToolKind.RUN and event.exit_code != 0 and any(name in event.detail for name in names):
            return WatchItFail.OBSERVED
    return WatchItFail.NOT_OBSERVED
