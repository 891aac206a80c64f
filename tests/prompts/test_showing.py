"""Files of any size, kind and name in a prompt."""

import os

import pytest

from director.core.excerpts import Excerpt
from director.prompts.render import ALL_FILES_BYTES, LISTING_CHARACTERS, WHOLE_FILE_BYTES, show_files, show_listing


def whole(content: bytes) -> Excerpt:
    return Excerpt(content, size=len(content))


def test_a_file_stands_whole_under_its_name() -> None:
    assert show_files({"a.py": whole(b"x = 1\n")}) == "`a.py`:\n```\nx = 1\n\n```\n"


def test_a_file_that_does_not_exist_is_named() -> None:
    assert show_files({"a.py": None}) == "`a.py` does not exist yet.\n"


def test_of_a_large_file_the_beginning_is_shown_and_where_the_rest_is() -> None:
    shown = show_files({"a.txt": Excerpt(b"x" * WHOLE_FILE_BYTES, size=200_000_000)})

    assert shown.count("x" * WHOLE_FILE_BYTES) == 1
    assert "[the file goes on: 200000000 bytes in all; read it in the worktree]" in shown


def test_a_file_that_was_read_further_than_is_shown_is_cut() -> None:
    shown = show_files({"a.txt": whole(b"x" * WHOLE_FILE_BYTES + b"y")})

    assert "y\n" not in shown
    assert f"[the file goes on: {WHOLE_FILE_BYTES + 1} bytes in all" in shown


def test_a_binary_file_is_named_with_its_size() -> None:
    shown = show_files({"logo.png": Excerpt(b"\x89PNG\r\n\x00\x00", size=200_000_000)})

    assert shown == "`logo.png` is a binary file of 200000000 bytes.\n"


def test_text_in_another_encoding_can_be_read() -> None:
    assert "caf\N{REPLACEMENT CHARACTER} au lait" in show_files({"a.txt": whole(b"caf\xe9 au lait\n")})


def test_a_cut_within_a_character_leaves_no_trace_of_it() -> None:
    shown = show_files({"a.txt": Excerpt("aé".encode()[:2], size=10)})

    assert "\na\n[the file goes on" in shown


def test_a_fence_in_a_file_does_not_end_the_one_around_it() -> None:
    shown = show_files({"a.md": whole(b"````\ncode\n````\n")})

    assert shown == "`a.md`:\n`````\n````\ncode\n````\n\n`````\n"


@pytest.mark.parametrize("name", ["new\nline", "a\x1b[31m", os.fsdecode(b"latin-\xe9")])
def test_an_odd_name_stays_on_its_line_and_can_be_written(name: str) -> None:
    shown = show_files({name: None})

    assert shown.count("\n") == 1
    assert shown.encode().decode().isascii()


def test_all_files_together_do_not_take_more_than_their_room() -> None:
    shown = show_files({f"{number}.txt": whole(b"x" * 20_000) for number in range(10_000)})

    assert len(shown) < ALL_FILES_BYTES + 2 * WHOLE_FILE_BYTES
    assert shown.endswith("[9992 more files are not shown; read them in the worktree]\n")


def test_files_that_do_not_exist_do_not_take_more_than_their_room_either() -> None:
    shown = show_files({f"{'long' * 20}/{number}.txt": None for number in range(100_000)})

    assert len(shown) < 2 * ALL_FILES_BYTES


def test_a_list_of_paths_says_how_many_are_left_out() -> None:
    assert show_listing(["a", "b", "c"], limit=2) == "a\nb\n[1 more files are not listed]"
    assert show_listing(["a", "new\nline"], limit=2) == "a\n'new\\nline'"


def test_a_list_of_long_paths_does_not_take_more_than_its_room() -> None:
    assert len(show_listing(["x" * 4000] * 1000, limit=1000)) < LISTING_CHARACTERS + 5000
