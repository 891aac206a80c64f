"""No secret stands in what is recorded, and nothing is broken without a word."""

import base64
import json

import pytest

from director.core.cassette import Binary, Entry, Link, Prompt
from director.core.masking import Mask
from director.core.roles import Role

SECRET = 'pa"ss/word+1'
MASK = Mask({"API_TOKEN": SECRET, "SHORT_KEY": "true"})
PUT_TOGETHER = "".join  # so that no scanner takes the examples for real ones


def entry(**more: object) -> Entry:
    return Entry.model_validate({"role": Role.EXECUTOR, "task": "run:a", **more})


@pytest.mark.parametrize(
    "text",
    [SECRET, json.dumps({"token": SECRET}), "https://host/?token=pa%22ss%2Fword%2B1"],
    ids=["bare", "json", "url"],
)
def test_a_value_of_the_environment_is_masked_however_it_is_written(text: str) -> None:
    masked = MASK(text)

    assert "[masked: API_TOKEN]" in masked
    assert "ss" not in masked.replace("[masked", "")


def test_json_stays_json() -> None:
    assert json.loads(MASK(json.dumps({"token": SECRET}))) == {"token": "[masked: API_TOKEN]"}


def test_a_value_that_is_part_of_many_words_is_not_masked() -> None:
    assert MASK("it is true") == "it is true"


@pytest.mark.parametrize(
    "token",
    [
        ("sk-", "ant-api03-abcdefghijklmnop"),
        ("gh", "p_abcdefghijklmnopqrstuvwxyz0123456789"),
        ("AKIA", "ABCDEFGHIJKLMNOP"),
        ("xoxb", "-1234567890-abcdef"),
        ("eyJ", "hbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJlMTIz"),
        ("-----BEGIN RSA PRIVATE", " KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"),
    ],
    ids=lambda parts: parts[0],
)
def test_what_looks_like_a_token_is_masked(token: tuple[str, ...]) -> None:
    assert MASK(f"key = {PUT_TOGETHER(token)} # mine") == "key = [masked] # mine"


def test_of_an_address_only_user_and_password_are_masked() -> None:
    assert MASK("https://ada:hunter2@example.org/x and https://example.org/y") == (
        "https://[masked]@example.org/x and https://example.org/y"
    )


def test_code_that_only_speaks_of_tokens_stays_as_it_is() -> None:
    code = "def token(key: str) -> str:\n    return os.environ['API_TOKEN']  # sk-fading-circle-container-of-dots\n"

    assert MASK(code) == code


def test_an_entry_says_where_secrets_were() -> None:
    prompt = Prompt(sha256="a" * 64, text=f"use {SECRET}")
    event = {"kind": "run", "detail": f"curl -H {SECRET}"}
    found = entry(text="fine", files={"a.py": SECRET, "b.py": "x"}, events=[event], prompt=prompt.model_dump())

    masked = MASK.entry(found)

    assert masked.masked == ("events", "prompt", "a.py")
    assert masked.files == {"a.py": "[masked: API_TOKEN]", "b.py": "x"}
    assert SECRET not in masked.model_dump_json().replace('\\"', '"')


def test_an_entry_without_secrets_stays_as_it_is() -> None:
    found = entry(text="fine", files={"a.py": "x", "b": Link(link="a.py"), "c": None}, executable=["a.py"])

    assert MASK.entry(found) == found


def test_a_binary_file_with_a_secret_is_left_out_rather_than_broken() -> None:
    secret, other = (base64.b64encode(data).decode() for data in (b"\0" + SECRET.encode(), b"\0\1"))
    found = entry(files={"a": Binary(base64=secret), "b": Binary(base64=other)}, executable=["a", "b"])

    masked = MASK.entry(found)

    assert (list(masked.files), masked.executable, masked.left_out) == (["b"], ("b",), ("a",))
