"""The checker: content decides, and a stat is believed only where it can be."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from director.tasks.checker import REST_NANOSECONDS, ContentChecker, State

checker = ContentChecker()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "file"
    path.write_text("content")
    yield path


def is_modified(path: Path, state: object) -> bool:
    return checker.check_modified(str(path), path.stat(), state)


def believed(path: Path, *, age: int) -> State:
    """A state with a wrong digest, recorded so long after the last change: only its stat can say "unchanged"."""
    status = path.stat()
    return ["wrong", status.st_size, status.st_ctime_ns, status.st_mtime_ns, status.st_ctime_ns + age]


def test_a_file_with_the_same_content_is_unchanged(file: Path) -> None:
    state = checker.get_state(str(file), None)

    assert not is_modified(file, state)


def test_a_file_that_was_only_touched_is_unchanged(file: Path) -> None:
    state = checker.get_state(str(file), None)

    os.utime(file, (1, 1))

    assert not is_modified(file, state)


def test_a_file_that_was_replaced_by_an_equal_one_is_unchanged(file: Path) -> None:
    state = checker.get_state(str(file), None)

    file.unlink()
    file.write_text("content")

    assert not is_modified(file, state)


def test_a_change_that_keeps_size_and_mtime_is_seen(file: Path) -> None:
    state = checker.get_state(str(file), None)
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns

    file.write_text("CONTENT")
    os.utime(file, ns=times)

    assert is_modified(file, state)


def test_a_change_right_after_the_recording_is_seen(file: Path) -> None:
    file.write_text("first")
    state = checker.get_state(str(file), None)
    file.write_text("other")

    assert is_modified(file, state)


def test_a_file_at_rest_is_not_read(file: Path) -> None:
    assert not is_modified(file, believed(file, age=REST_NANOSECONDS + 1))


def test_a_file_that_was_not_at_rest_when_recorded_is_read(file: Path) -> None:
    assert is_modified(file, believed(file, age=REST_NANOSECONDS))


def test_a_file_from_the_future_is_read(file: Path) -> None:
    assert is_modified(file, believed(file, age=-REST_NANOSECONDS * 10))


def test_a_new_ctime_is_not_believed(file: Path) -> None:
    state = believed(file, age=REST_NANOSECONDS + 1)

    file.chmod(0o600)
    state[2] -= 1

    assert is_modified(file, state)


@pytest.mark.parametrize("state", [None, 12.5, ["abc"], [1.0, 7, "md5"], ["a", 7, 1, 1, "x"]])
def test_a_state_of_another_form_counts_as_modified(file: Path, state: object) -> None:
    assert is_modified(file, state)


def test_the_state_of_an_untouched_file_is_used_again(file: Path) -> None:
    state = believed(file, age=REST_NANOSECONDS + 1)

    assert checker.get_state(str(file), state) == state


def test_the_state_of_a_file_not_at_rest_is_read_again(file: Path) -> None:
    state = checker.get_state(str(file), believed(file, age=REST_NANOSECONDS))

    assert state[0] == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
    assert state[1] == len("content")


def test_a_state_of_another_form_is_read_again(file: Path) -> None:
    assert not is_modified(file, checker.get_state(str(file), [1.0, 7, "md5"]))


def test_a_directory_is_not_an_input(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not a file"):
        checker.info(str(tmp_path))
    with pytest.raises(OSError, match="not a file"):
        checker.get_state(str(tmp_path), None)


@given(st.binary(max_size=3), st.binary(max_size=3))
def test_content_decides(before: bytes, after: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "file"
        path.write_bytes(before)
        state = checker.get_state(str(path), None)

        path.write_bytes(after)

        assert is_modified(path, state) == (before != after)
