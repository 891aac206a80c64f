"""Scratch directories: who sweeps which of them."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from director.shell.scratch import scratch_directory, sweep_scratch

GONE = 2**22 + 1
"""A process id beyond the largest that Linux gives."""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_dead_process_left_is_swept_and_everything_else_stays(place: Path) -> None:
    for name in (f"director-{GONE}-a", f"director-{os.getpid()}-b", "director-notes", f"other-{GONE}-c"):
        (place / name / "inside").mkdir(parents=True)

    sweep_scratch()

    assert sorted(path.name for path in place.iterdir()) == sorted(
        [f"director-{os.getpid()}-b", "director-notes", f"other-{GONE}-c"]
    )


def test_a_directory_goes_with_its_block(place: Path) -> None:
    with scratch_directory() as name:
        assert Path(name).parent == place

    assert list(place.iterdir()) == []


def test_directors_that_sweep_at_the_same_time_do_not_disturb_each_other(place: Path) -> None:
    for number in range(300):
        (place / f"director-{GONE}-{number}").mkdir()

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(sweep_scratch) for _ in range(8)]

    assert [sweep.exception() for sweep in done] == [None] * 8
    assert list(place.iterdir()) == []
