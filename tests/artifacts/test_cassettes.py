"""Cassettes as files: what is written is read again, and a torn end is known."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from director.artifacts.cassettes import append_to_cassette, document_of, is_torn, parse_cassette, read_cassette
from director.core.cassette import Cassette, Entry
from director.core.errors import ConfigError
from director.core.roles import Role

TEXTS = st.text(alphabet=st.one_of(st.characters(), st.sampled_from(" \t\n\r#:-.|>'\"{}[]&*!%@`\x85\u2028\ufeff")))
LINES = st.lists(st.sampled_from(["", " ", "  x", "x  ", "- a", "...", "---", "a: b", "#", "\tt", "é"])).map("\n".join)
NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1).filter(lambda text: text.strip("."))


def part(task: str, *texts: str) -> Cassette:
    calls = (Entry(role=Role.PLANNER, task=f"{task}{number}", text=text) for number, text in enumerate(texts))
    return Cassette(version=1, calls=tuple(calls))


@given(text=TEXTS | LINES, files=st.dictionaries(NAMES, TEXTS | LINES), detail=TEXTS | LINES)
def test_what_is_written_is_read_again(text: str, files: dict[str, str], detail: str) -> None:
    safe = {name: content for name, content in files.items() if name.casefold() != ".git"}
    entry = Entry.model_validate(
        {"role": "executor", "task": "x", "text": text, "files": safe, "events": [{"kind": "run", "detail": detail}]}
    )
    cassette = Cassette(version=1, calls=(entry,))

    assert parse_cassette(document_of(cassette).encode(), "x") == cassette


@given(kept=LINES, lost=LINES, data=st.data())
def test_wherever_a_recording_is_torn_its_whole_documents_are_read(kept: str, lost: str, data: st.DataObject) -> None:
    whole, torn = document_of(part("a", kept)).encode(), document_of(part("a", lost)).encode()
    cut = data.draw(st.integers(min_value=0, max_value=len(torn) - 1))

    assert parse_cassette(whole + torn[:cut], "x") == part("a", kept)


def test_a_text_of_several_lines_is_a_block() -> None:
    assert "  text: |\n    one\n    two  \n\n    ...\n" in document_of(part("x", "one\ntwo  \n\n...\n"))


def test_several_documents_are_one_cassette(tmp_path: Path) -> None:
    path = tmp_path / "tape.yaml"
    append_to_cassette(path, [part("x", "a"), part("y", "b", "c")])
    append_to_cassette(path, [part("z", "d")])

    assert [call.text for call in read_cassette(path, "tape").calls] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 30, 60])
def test_a_torn_end_is_known_and_not_played(cut: int) -> None:
    whole = document_of(part("a", "kept\n\nall of it\n")).encode()
    data = whole + document_of(part("a", "lost\n\nhalf of it\n")).encode()[:-cut]

    assert is_torn(data)
    assert parse_cassette(data, "tape") == part("a", "kept\n\nall of it\n")


def test_a_cassette_by_hand_needs_no_end() -> None:
    data = b"version: 1\ncalls:\n- {role: planner, task: spec, text: x}"

    assert not is_torn(data)
    assert parse_cassette(data, "tape").calls[0].text == "x"


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("version: 2", "version: 2 is of another version of director; this one reads 1"),
        ("calls: []", "version: this key is missing"),
        ("- a list", "input should be a valid dictionary"),
        ("version: 1\nnonsense: 1", "nonsense: this key is not known"),
        ("version: 1\ncalls: 3", "calls: input should be a valid tuple"),
        (
            "version: 1\ncalls: [{role: planner, task: spec, tekst: x}]",
            "calls[1].tekst: this key is not known (the entry of",
        ),
    ],
)
def test_a_document_that_does_not_fit_is_told(second: str, said: str) -> None:
    data = f"version: 1\ncalls: [{{role: planner, task: recon}}]\n---\n{second}\n".encode()

    with pytest.raises(ConfigError) as caught:
        parse_cassette(data, "tape")

    assert said in caught.value.message
