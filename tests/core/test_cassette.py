"""Which entry of a cassette answers a call, and which cassettes are none."""

from typing import Any

import pytest
from pydantic import ValidationError

from director.core.calls import CallKey
from director.core.cassette import Cassette, Entry
from director.core.roles import Role

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
KEY = CallKey(role=Role.EXECUTOR, task="run:money", attempt=1)


def entry(text: str, digest: str = "", **more: Any) -> dict[str, Any]:
    prompt = {"prompt": {"sha256": digest}} if digest else {}
    return {"role": "executor", "task": "run:money", "attempt": 1, "text": text, **prompt, **more}


def cassette(*calls: dict[str, Any]) -> Cassette:
    return Cassette.model_validate({"version": 1, "calls": calls})


def played(tape: Cassette, *digests: str) -> str:
    """Return the text that the last of these prompts gets."""
    found = tape.entry(KEY, digests[-1], digests[:-1])
    return found.text if found else ""


@pytest.mark.parametrize(
    ("digests", "text"),
    [
        ((A,), "to a"),
        ((B,), "to b"),
        ((B, A), "to a"),
        ((A, A), "to a again"),
        ((A, A, A), "to a again"),
        ((C,), "to a"),
        ((C, C), "to b"),
        ((C, B), "to b"),
        ((A, C), "to b"),
        ((C, C, C, C), "to a again"),
    ],
)
def test_the_next_entry_for_the_same_prompt_goes_first_then_the_next_one_whatever_its_prompt(
    digests: tuple[str, ...], text: str
) -> None:
    tape = cassette(entry("to a", A), entry("to b", B), entry("to a again", A))

    assert played(tape, *digests) == text


def test_entries_without_a_prompt_answer_in_turn_and_the_last_one_stays() -> None:
    tape = cassette(entry("slow down", end="rate_limited"), entry("done"))

    assert [played(tape, *[A] * turn) for turn in (1, 2, 3)] == ["slow down", "done", "done"]


def test_the_recorded_prompt_is_known_again_whatever_the_attempt_was_recorded_as() -> None:
    tape = cassette(entry("first", A), entry("second", A, attempt=2))

    assert played(tape, A) == "first"


def test_an_entry_without_a_prompt_is_of_no_other_prompt() -> None:
    assert not Entry.model_validate(entry("by hand")).is_of_another_prompt(A)
    assert not Entry.model_validate(entry("recorded", A)).is_of_another_prompt(A)
    assert Entry.model_validate(entry("recorded", A)).is_of_another_prompt(B)


def test_recorded_entries_may_have_one_key() -> None:
    assert len(cassette(entry("first", A), entry("second", A)).calls) == 2


def test_entries_by_hand_may_not() -> None:
    with pytest.raises(ValidationError, match="more than one entry of 'calls' answers 'executor run:money 1'"):
        cassette(entry("first"), entry("second"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"files": {"a": "x", "a/b": "y"}}, "'a/b' lies below 'a', which is no directory"),
        ({"files": {"a": {"link": "/etc"}, "a/passwd": "y"}}, "'a/passwd' lies below 'a', which is no directory"),
        ({"files": {"a": ""}, "executable": ["b"]}, "'b' is in 'executable' and has no content in 'files'"),
        ({"files": {"a": {"link": "b"}}, "executable": ["a"]}, "'a' is in 'executable' and has no content in 'files'"),
        ({"files": {"a": {"base64": "?"}}}, "this is not base64"),
        ({"files": {".git/config": {"link": "b"}}}, "'.git/config' lies in git's own directory"),
        ({"prompt": {"sha256": "abc"}}, "String should match pattern"),
    ],
)
def test_what_no_agent_can_have_written_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Entry.model_validate(entry("", **more))


def test_a_directory_may_stand_in_the_place_of_a_deleted_file() -> None:
    assert Entry.model_validate(entry("", files={"a": None, "a/b": "x"})).files == {"a": None, "a/b": "x"}


def test_calls_that_were_turned_away_do_not_count() -> None:
    tape = cassette(entry("", end="rate_limited", cost_usd=1.0), entry("done", cost_usd=0.25), entry("more", A))

    assert [call.text for call in tape.answered] == ["done", "more"]
    assert tape.cost_usd == 0.25


def test_a_trial_takes_its_own_answers_to_a_task_and_the_others_where_it_has_none() -> None:
    other = {"task": "run:other"}
    tape = cassette(entry("all"), entry("second", trial=2), entry("all, other", **other), entry("third", trial=3))

    texts = {trial: [call.text for call in tape.of_trial(trial).calls] for trial in (None, 1, 2, 3)}

    assert texts == {
        None: ["all", "all, other"],
        1: ["all", "all, other"],
        2: ["second", "all, other"],
        3: ["all, other", "third"],
    }


def test_two_trials_may_have_an_answer_to_one_key_and_one_trial_may_not_have_two() -> None:
    assert len(cassette(entry("one", trial=2), entry("two", trial=3)).calls) == 2
    with pytest.raises(ValidationError, match="answers 'executor run:money 1, trial 2'"):
        cassette(entry("one", trial=2), entry("two", trial=2))
