"""The user's cache of patches: files that several directors read, write and prune at once."""

import os
import time
from pathlib import Path

import pytest

from director.artifacts.patches import PatchStore
from tests.core.test_patches import PATCH

KEY = PATCH.key


@pytest.fixture
def store(tmp_path: Path) -> PatchStore:
    return PatchStore(tmp_path / "patches")


def test_a_patch_is_found_by_its_key_and_nobody_else_may_look(store: PatchStore) -> None:
    assert store.read(KEY) is None
    store.write(PATCH)

    assert b'"node": "a"' in (store.read(KEY) or b"")
    assert store.read("1" * 64) is None
    assert store.directory.stat().st_mode & 0o077 == 0


def test_a_hit_is_counted_and_makes_a_patch_the_last_used(store: PatchStore) -> None:
    other = PATCH.model_copy(update={"key": "1" * 64})
    for patch in (PATCH, other):
        store.write(patch)
        os.utime(store.directory / f"{patch.key}.json", (1, 1))
    store.count_hit(KEY)
    store.count_hit(KEY)

    assert [(kept.key, kept.hits) for kept in store.kept()] == [(other.key, 0), (KEY, 2)]


def test_what_is_dropped_is_gone_with_its_hits(store: PatchStore) -> None:
    store.write(PATCH)
    store.count_hit(KEY)

    store.drop(KEY)
    store.drop(KEY)

    assert store.read(KEY) is None
    assert list(store.directory.iterdir()) == []


def test_a_link_a_directory_a_pipe_and_what_is_too_long_are_no_patches(store: PatchStore, tmp_path: Path) -> None:
    store.write(PATCH)
    place = store.directory / f"{KEY}.json"
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    assert store.read(KEY) is None
    place.unlink()
    place.mkdir()
    assert store.read(KEY) is None
    place.rmdir()
    os.mkfifo(place)
    assert store.read(KEY) is None
    place.unlink()
    place.write_bytes(b" " * 9_000_000)
    assert store.read(KEY) is None


def test_what_killed_processes_left_is_swept_and_what_is_being_written_stays(store: PatchStore) -> None:
    store.write(PATCH)
    store.count_hit("1" * 64)
    old, young = store.directory / ".a.unfinished", store.directory / ".b.unfinished"
    old.write_text("x")
    young.write_text("x")
    os.utime(old, (time.time() - 7200, time.time() - 7200))

    store.sweep()

    assert sorted(path.name for path in store.directory.iterdir()) == [".b.unfinished", f"{KEY}.json"]
