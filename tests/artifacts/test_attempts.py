"""The numbered directories of a task's attempts."""

from pathlib import Path

import pytest

from director.artifacts.attempts import close_attempt, count_closed, history, numbered, open_attempt
from director.artifacts.directory import JobDirectory
from director.core.attempts import Attempt, Outcome
from director.core.errors import ConfigError
from director.core.roles import Role

TASK = "run:alpha"


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    return JobDirectory(tmp_path / ".director")


def outcome(number: int) -> Attempt:
    return Attempt(inputs="digest", number=number, role=Role.EXECUTOR, outcome=Outcome.FAILED, feedback=f"no {number}")


def test_a_task_without_attempts_has_none(directory: JobDirectory) -> None:
    assert numbered(directory, TASK) == []
    assert history(directory, TASK) == []


def test_the_first_attempt_is_number_one_below_the_logs_of_its_task(directory: JobDirectory) -> None:
    attempt = open_attempt(directory, TASK)

    assert attempt == directory.path / "logs" / "run" / "alpha" / "1"
    assert attempt.is_dir()


def test_an_attempt_without_an_outcome_is_gone_on_with(directory: JobDirectory) -> None:
    first = open_attempt(directory, TASK)

    assert open_attempt(directory, TASK) == first


def test_after_an_outcome_the_next_number_is_opened(directory: JobDirectory) -> None:
    for number in range(1, 11):
        close_attempt(open_attempt(directory, TASK), outcome(number))

    assert open_attempt(directory, TASK).name == "11"
    assert [path.name for path in numbered(directory, TASK)] == [str(number) for number in range(1, 12)]


def test_attempts_of_other_tasks_do_not_count(directory: JobDirectory) -> None:
    close_attempt(open_attempt(directory, "tests:alpha"), outcome(1))
    close_attempt(open_attempt(directory, "run:beta"), outcome(1))

    assert open_attempt(directory, TASK).name == "1"


def test_what_has_no_number_for_a_name_is_no_attempt(directory: JobDirectory) -> None:
    first = open_attempt(directory, TASK)
    (first.parent / "cutoff.txt").touch()
    (first.parent / "1-copy").mkdir()

    assert numbered(directory, TASK) == [first]


def test_the_history_is_the_outcomes_in_order(directory: JobDirectory) -> None:
    close_attempt(open_attempt(directory, TASK), outcome(1))
    close_attempt(open_attempt(directory, TASK), outcome(2))
    open_attempt(directory, TASK)

    assert history(directory, TASK) == [outcome(1), outcome(2)]


def test_an_outcome_that_cannot_be_read_is_named(directory: JobDirectory) -> None:
    attempt = open_attempt(directory, TASK)
    (attempt / "outcome.json").write_text("{")

    with pytest.raises(ConfigError, match=r"run/alpha/1/outcome\.json"):
        history(directory, TASK)


def test_attempts_that_have_an_outcome_are_counted(directory: JobDirectory) -> None:
    close_attempt(open_attempt(directory, TASK), outcome(1))
    close_attempt(open_attempt(directory, TASK), outcome(2))
    open_attempt(directory, TASK)

    assert count_closed(directory, TASK) == 2
    assert count_closed(directory, "run:unknown") == 0
