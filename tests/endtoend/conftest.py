"""A job that is recorded once for all tests of a process."""

from pathlib import Path

import pytest

from tests.endtoend.recorded import recorded
from tests.project import Project


@pytest.fixture(scope="session")
def recording_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the job of this test process is recorded."""
    return tmp_path_factory.mktemp("recorded") / "repository"


@pytest.fixture
def job(recording_place: Path) -> Project:
    """The recorded job; it is not to be changed."""
    return recorded(recording_place)
