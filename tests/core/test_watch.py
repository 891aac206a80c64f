"""Watch it fail: judged by the order of what an agent did."""

import pytest

from director.core.calls import ToolEvent, ToolKind
from director.core.watch import WatchItFail, watch_it_fail

EDIT = ToolEvent(kind=ToolKind.EDIT, detail="a.py")
READ = ToolEvent(kind=ToolKind.READ, detail="tests/test_a.py")


def run(command: str, exit_code: int | None = 1) -> ToolEvent:
    return ToolEvent(kind=ToolKind.RUN, detail=command, exit_code=exit_code)


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([], WatchItFail.UNKNOWN),
        ([READ, run("python -m pytest -q tests/test_a.py"), EDIT], WatchItFail.OBSERVED),
        ([run("cd x && pytest"), EDIT], WatchItFail.OBSERVED),
        ([run("python3 -m unittest tests.test_a"), EDIT], WatchItFail.OBSERVED),
        ([run("pytest -q tests/test_a.py", None), EDIT], WatchItFail.OBSERVED),
        ([run("pytest -q tests/test_a.py", 0), EDIT], WatchItFail.NOT_OBSERVED),
        ([run("ls tests", 1), EDIT], WatchItFail.NOT_OBSERVED),
        ([EDIT, run("pytest -q tests/test_a.py")], WatchItFail.NOT_OBSERVED),
        ([READ], WatchItFail.NOT_OBSERVED),
    ],
)
def test_it_is_observed_if_the_tests_failed_before_the_first_edit(
    events: list[ToolEvent], verdict: WatchItFail
) -> None:
    assert watch_it_fail(events, test_cmd="pytest -q tests/test_a.py", tests=["tests/test_a.py"]) is verdict
