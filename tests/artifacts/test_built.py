"""Copies of what tasks were built from: they give words, and cost nothing where they are not there."""

import hashlib
import os
from pathlib import Path

import pytest

from director.artifacts.built import LIMIT, Built


@pytest.fixture
def built(tmp_path: Path) -> Built:
    return Built(tmp_path / "built")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "spec.md"
    path.write_text("as it was\n")
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def keep(built: Built, source: Path) -> bool:
    return built.keep(source, sha256=digest(source), size=source.stat().st_size)


def test_a_file_is_read_as_it_was(built: Built, source: Path) -> None:
    was = digest(source)
    keep(built, source)
    source.write_text("edited\n")

    assert built.read(was) == "as it was\n"


def test_what_is_kept_already_is_not_written_again(built: Built, source: Path) -> None:
    assert keep(built, source)
    before = (built.path / digest(source)).stat()

    assert not keep(built, source)
    assert (built.path / digest(source)).stat() == before


def test_a_file_that_changed_since_it_was_recorded_is_not_kept(built: Built, source: Path) -> None:
    was = digest(source)
    source.write_text("as it is.\n")

    assert not built.keep(source, sha256=was, size=10)
    assert built.read(was) is None


def test_a_large_file_is_not_kept(built: Built, source: Path) -> None:
    assert not built.keep(source, sha256=digest(source), size=LIMIT + 1)
    assert not built.path.exists()


@pytest.mark.parametrize("spoil", [b"", b"another\n", b"longer than it was\n"])
def test_a_copy_that_was_changed_is_not_believed_and_is_written_again(built: Built, source: Path, spoil: bytes) -> None:
    keep(built, source)
    (built.path / digest(source)).write_bytes(spoil)

    assert built.read(digest(source)) is None
    assert keep(built, source)
    assert built.read(digest(source)) == "as it was\n"


def test_no_link_in_the_place_of_a_copy_is_followed(built: Built, source: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    built.path.mkdir()
    (built.path / digest(source)).symlink_to(elsewhere)

    assert built.read(digest(source)) is None
    assert keep(built, source)
    assert not elsewhere.exists()


def test_a_pipe_in_the_place_of_a_copy_holds_nobody_up(built: Built, source: Path) -> None:
    built.path.mkdir()
    os.mkfifo(built.path / digest(source))

    assert built.read(digest(source)) is None


@pytest.mark.parametrize("name", ["", "..", "../spec.md", "x" * 64])
def test_what_is_no_digest_names_no_copy(built: Built, source: Path, name: str) -> None:
    keep(built, source)

    assert built.read(name) is None


def test_something_else_in_the_place_of_the_copies_costs_only_words(built: Built, source: Path) -> None:
    built.path.write_text("a file")

    assert not keep(built, source)
    assert built.read(digest(source)) is None
    built.prune(set())


def test_what_nothing_names_goes(built: Built, source: Path) -> None:
    keep(built, source)
    old = digest(source)
    source.write_text("another\n")
    keep(built, source)

    built.prune({digest(source)})

    assert (built.read(old), built.read(digest(source))) == (None, "another\n")
