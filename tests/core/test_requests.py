import pytest

from director.core.requests import (
    MAX_REQUESTS,
    REASON_CHARACTERS,
    FileRequest,
    allow_command,
    read_requests,
    unanswered,
)


def asked(reply: str) -> list[str]:
    return [str(request) for request in read_requests(reply, files=["src/own.py"], tests=["tests/test_own.py"])]


@pytest.mark.parametrize(
    ("reply", "requests"),
    [
        ("NEEDS FILE: src/a.py - it registers the parser", ["'src/a.py': it registers the parser"]),
        ("I stopped.\n\nNEEDS FILE: a.py - b\n", ["'a.py': b"]),
        ("NEEDS FILE: a.py - one\nNEEDS FILE: b.py - two", ["'a.py': one", "'b.py': two"]),
        ("NEEDS FILE: a.py - one\n\n  NEEDS FILE: b.py - two  \n\n", ["'a.py': one", "'b.py': two"]),
        ("NEEDS FILE: a.py - one\r\nNEEDS FILE: b.py - two\r\n", ["'a.py': one", "'b.py': two"]),
        ("NEEDS FILE: a.py — one\nNEEDS FILE: b.py – two", ["'a.py': one", "'b.py': two"]),
        ("NEEDS FILE: with space.txt - one", ["'with space.txt': one"]),
        ("NEEDS FILE: a.py - one - two", ["'a.py': one - two"]),
        ("NEEDS FILE: a.py - one\nNEEDS FILE: A.py - again", ["'a.py': one"]),
    ],
)
def test_the_last_lines_of_a_reply_ask_for_files(reply: str, requests: list[str]) -> None:
    assert asked(reply) == requests


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "All is green.",
        "NEEDS FILE: a.py - b\nand now I am done",
        "> NEEDS FILE: a.py - b",
        "`NEEDS FILE: a.py - b`",
        "needs file: a.py - b",
        "NEEDS FILE: a.py",
        "NEEDS FILE: a.py - ",
        "NEEDS FILE: a.py: b",
        "NEEDS FILE:  - b",
        "NEEDS FILE: ../a.py - b",
        "NEEDS FILE: /etc/passwd - b",
        "NEEDS FILE: ~/a.py - b",
        "NEEDS FILE: .git/config - b",
        "NEEDS FILE: .director/plan.json - b",
        "NEEDS FILE: src/*.py - b",
        "NEEDS FILE: src/ - b",
        "NEEDS FILE: a.py - b\x1b[2J",
        "NEEDS FILE: src/own.py - it is mine already",
        "NEEDS FILE: SRC/own.py - so is this",
        "NEEDS FILE: tests/test_own.py - it is locked",
    ],
)
def test_what_is_not_in_the_form_or_may_not_be_asked_for_is_no_request(reply: str) -> None:
    assert asked(reply) == []


def test_a_malformed_line_leaves_the_others_standing() -> None:
    assert asked("NEEDS FILE: ../up - no\nNEEDS FILE: a.py - yes") == ["'a.py': yes"]


def test_who_asks_for_very_many_files_asks_for_none() -> None:
    lines = [f"NEEDS FILE: {number}.py - x" for number in range(MAX_REQUESTS + 1)]

    assert len(asked("\n".join(lines[1:]))) == MAX_REQUESTS
    assert asked("\n".join(lines)) == []


def test_of_a_long_reason_the_beginning_is_kept() -> None:
    assert asked("NEEDS FILE: a.py - " + "x" * 5000) == [f"'a.py': {'x' * REASON_CHARACTERS}"]


def test_a_request_is_answered_by_an_allowlist_that_holds_the_file() -> None:
    requests = (FileRequest(path="a.py", reason="x"), FileRequest(path="b.py", reason="y"))

    assert unanswered(requests, files=["own.py", "a.py"]) == requests[1:]


def test_the_command_that_grants_requests_can_be_pasted_whatever_an_agent_asked_for() -> None:
    requests = [FileRequest(path="a.py", reason="x"), FileRequest(path="$(reboot).py", reason="y")]

    assert allow_command("alpha", requests) == "director allow alpha a.py '$(reboot).py'"
