"""Files are replaced in one step, and left alone where nothing changes; records are one line each."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from director.artifacts.files import (
    append_record,
    read_bytes,
    read_model,
    read_records,
    read_text,
    write_model,
    write_text,
)
from director.core.errors import ConfigError
from director.core.model import Model

WRITE_FOR_EVER = """
import sys
from pathlib import Path
from director.artifacts.files import write_text

while True:
    for letter in "ab":
        write_text(Path(sys.argv[1]), letter * 1_000_000)
        print(letter, flush=True)
"""


class Fact(Model):
    """A model of these tests."""

    name: str
    count: int = 0


def test_a_text_is_written_with_the_directories_above_it(tmp_path: Path) -> None:
    written = write_text(tmp_path / "a" / "b" / "file", "naïve\n")

    assert written
    assert (tmp_path / "a" / "b" / "file").read_bytes() == "naïve\n".encode()


def test_a_file_that_holds_the_text_already_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_text(file, "text")
    os.utime(file, (1, 1))
    before = file.stat()

    written = write_text(file, "text")

    assert not written
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_another_text_replaces_the_file_and_is_never_written_into_it(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "a long text")
    reader = (tmp_path / "file").open()

    written = write_text(tmp_path / "file", "short")

    assert written
    assert (tmp_path / "file").read_text() == "short"
    assert reader.read() == "a long text"


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    writer = subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, str(file)], stdout=subprocess.PIPE)
    assert writer.stdout
    writer.stdout.read(20)

    writer.kill()
    writer.communicate()

    text = file.read_text()
    assert text in ("a" * 1_000_000, "b" * 1_000_000)


def test_a_text_that_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "inside").touch()

    with pytest.raises(OSError, match="place"):
        write_text(tmp_path / "place", "text")

    assert [path.name for path in tmp_path.iterdir()] == ["place"]


@pytest.mark.parametrize(
    ("text", "data"), [("caf\udce9", b"caf\xe9"), ("half an emoji \ud83d", b"half an emoji ?"), ("\ud83d\udce9", b"??")]
)
def test_a_text_that_is_no_unicode_is_written_as_well_as_can_be(tmp_path: Path, text: str, data: bytes) -> None:
    write_text(tmp_path / "file", text)

    assert (tmp_path / "file").read_bytes() == data


def test_what_is_missing_is_read_as_none(tmp_path: Path) -> None:
    missing = tmp_path / "missing"

    assert (read_bytes(missing), read_text(missing), read_model(missing, Fact)) == (None, None, None)
    assert read_records(missing, Fact) == []


def test_a_long_file_is_read_whole(tmp_path: Path) -> None:
    for size in (65_535, 65_536, 200_000):
        (tmp_path / "file").write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))

        assert read_bytes(tmp_path / "file") == (tmp_path / "file").read_bytes()


def test_an_error_while_reading_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as caught:
        read_bytes(tmp_path)

    assert caught.value.filename == str(tmp_path)


def test_bytes_that_are_no_utf_8_are_replaced_in_a_text(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"caf\xe9")

    assert read_text(tmp_path / "file") == "caf\N{REPLACEMENT CHARACTER}"


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    fact = Fact(name="naïve \u2028 \r\n \x00", count=3)

    write_model(tmp_path / "fact.json", fact)

    assert read_model(tmp_path / "fact.json", Fact) == fact


def test_a_file_that_holds_the_model_already_is_left_alone(tmp_path: Path) -> None:
    assert write_model(tmp_path / "fact.json", Fact(name="a"))
    assert not write_model(tmp_path / "fact.json", Fact(name="a"))


def test_a_model_with_text_that_is_no_unicode_is_written_and_can_be_read(tmp_path: Path) -> None:
    write_model(tmp_path / "fact.json", Fact(name="caf\udce9 \ud83d ü"))

    assert read_model(tmp_path / "fact.json", Fact) == Fact(name="caf? ? ü")


def test_a_model_that_does_not_fit_names_the_file_and_every_problem(tmp_path: Path) -> None:
    (tmp_path / "fact.json").write_text('{"count": "many", "nmae": "x"}')

    with pytest.raises(ConfigError) as caught:
        read_model(tmp_path / "fact.json", Fact)

    assert str(caught.value) == (
        f"'{tmp_path / 'fact.json'}' cannot be read:\n"
        "  - name: this key is missing\n"
        "  - count: input should be a valid integer, unable to parse string as an integer\n"
        "  - nmae: this key is not known\n"
        "hint: delete the file to have it made again, or mend it"
    )


@pytest.mark.parametrize("data", [b"", b"{", b'{"name": "x"', b"\xff\xfe", b"null", b"[]", b"\0" * 100])
def test_a_model_that_is_torn_or_something_else_names_the_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "fact.json").write_bytes(data)

    with pytest.raises(ConfigError, match=r"fact\.json' cannot be read:\n  - the whole: "):
        read_model(tmp_path / "fact.json", Fact)


def test_records_are_appended_as_lines_and_read_in_order(tmp_path: Path) -> None:
    facts = [Fact(name=name) for name in ("first", "two\nlines\u2028", "last")]

    for fact in facts:
        append_record(tmp_path / "a" / "facts.jsonl", fact)

    lines = (tmp_path / "a" / "facts.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line)["name"] for line in lines if line] == ["first", "two\nlines\u2028", "last"]
    assert read_records(tmp_path / "a" / "facts.jsonl", Fact) == facts


@pytest.mark.parametrize("torn", [b'{"name":"to', b"{", b"\0\0\0", b'{"name":"\xc3', b"\n\n"])
def test_a_torn_line_at_the_end_is_passed_over_and_costs_no_later_record(tmp_path: Path, torn: bytes) -> None:
    records = tmp_path / "facts.jsonl"
    append_record(records, Fact(name="before"))
    with records.open("ab") as file:
        file.write(torn)

    append_record(records, Fact(name="after"))

    assert read_records(records, Fact) == [Fact(name="before"), Fact(name="after")]


def test_a_torn_line_that_was_whole_but_for_its_end_counts_once(tmp_path: Path) -> None:
    records = tmp_path / "facts.jsonl"
    records.write_text('{"name":"whole"}')

    append_record(records, Fact(name="after"))

    assert read_records(records, Fact) == [Fact(name="whole"), Fact(name="after")]


def test_a_line_of_something_else_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "facts.jsonl").write_text('{"name":"a"}\nnot json\n{"other":1}\n[]\n\n{"name":"b","count":1}\n')

    assert read_records(tmp_path / "facts.jsonl", Fact) == [Fact(name="a"), Fact(name="b", count=1)]


def test_a_record_with_text_that_is_no_unicode_is_written_and_can_be_read(tmp_path: Path) -> None:
    append_record(tmp_path / "facts.jsonl", Fact(name="\ud83d"))

    assert read_records(tmp_path / "facts.jsonl", Fact) == [Fact(name="?")]
