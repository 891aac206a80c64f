"""Where a job that is played again comes out otherwise."""

from typing import Any

from director.core.cassette import Cassette
from director.core.comparison import Comparison, compare

TREE = "1" * 40


def recording(attempts: int = 1, *, outcome: str = "passed", tree: str = TREE, **more: Any) -> Cassette:
    """A recording of one node: as many attempts as are asked for."""
    calls = [
        {
            "role": "executor",
            "task": "run:a",
            "attempt": number,
            "cost_usd": 0.1,
            "prompt": {"sha256": "a" * 64, "text": "do\none\nthing"},
        }
        for number in range(1, attempts + 1)
    ]
    tasks = {"run:a": {"outcome": outcome, "attempts": attempts, "role": "executor"}}
    result = {"tasks": tasks, "tree": tree, "calls": attempts}
    return Cassette.model_validate({"version": 1, "calls": calls, "result": result, **more})


def with_prompt(cassette: Cassette, digest: str, text: str) -> Cassette:
    value = cassette.model_dump()
    value["calls"][0]["prompt"] = {"sha256": digest, "text": text}
    return Cassette.model_validate(value)


def with_config(**limits: Any) -> dict[str, Any]:
    config = {"tiers": {"planner": "a/b", "executor": "a/b"}, "limits": limits}
    return {"job": {"id": "x", "base": TREE, "task": "x", "config": config}}


def differences(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    return {task.task: task.differences for task in comparison.tasks}


def test_the_same_is_the_same() -> None:
    found = compare(recording(), recording(), failures={}, strict=True)

    assert found.is_same
    assert differences(found) == {"run:a": ()}


def test_another_number_of_attempts_is_told_with_the_calls_and_the_money() -> None:
    found = compare(recording(1), recording(2), failures={}, strict=False)

    assert not found.is_same
    assert differences(found) == {
        "run:a": (
            "passed in 1 attempt by executor, now passed in 2 attempts by executor",
            "'executor run:a 2' was asked never, now once",
        )
    }
    assert found.differences == ("the calls cost $0.2000, and had cost $0.1000",)


def test_why_a_task_fails_now_is_told() -> None:
    found = compare(recording(), recording(outcome="failed"), failures={"run:a": "the tests are red"}, strict=False)

    assert differences(found)["run:a"][-1] == "the tests are red"


def test_a_task_that_failed_then_and_fails_now_is_the_same() -> None:
    red = recording(outcome="failed")

    assert compare(red, red, failures={"run:a": "the tests are red"}, strict=False).is_same


def test_another_tree_is_a_difference_of_the_job() -> None:
    found = compare(recording(), recording(tree="2" * 40), failures={}, strict=False)

    assert found.differences == ("the job's branch has the tree 222222222222, and had 111111111111",)


def test_a_prompt_that_changed_is_shown_and_is_a_difference_only_if_that_is_asked_for() -> None:
    changed = with_prompt(recording(), "b" * 64, "do\na\nthing")

    loose = compare(recording(), changed, failures={}, strict=False)
    strict = compare(recording(), changed, failures={}, strict=True)

    assert loose.is_same
    assert loose.tasks[0].prompts[0].diff == "--- recorded\n+++ now\n@@ -1,3 +1,3 @@\n do\n-one\n+a\n thing"
    assert differences(strict) == {"run:a": ("the prompt changed: executor run:a 1",)}


def test_settings_that_changed_are_told() -> None:
    then, now = recording(**with_config(max_attempts=2)), recording(**with_config(max_attempts=3, flake_runs=2))

    found = compare(then, now, failures={}, strict=False)

    assert found.is_same
    assert found.configuration == ("limits.flake_runs is 2, and was 1", "limits.max_attempts is 3, and was 2")


def test_who_is_asked_is_no_setting_that_counts() -> None:
    then, now = recording(**with_config()), with_config()
    now["job"]["config"]["tiers"] = {"planner": "replay:x", "executor": "replay:x"}

    assert compare(then, recording(**now), failures={}, strict=False).configuration == ()


def test_a_document_that_was_edited_by_hand_is_not_asked_for_and_not_compared() -> None:
    then = recording().model_dump()
    then["calls"] = [*then["calls"], {"role": "brainstorm", "task": "spec", "attempt": 1, "cost_usd": 1.0}]
    then["result"]["tasks"]["spec"] = {"outcome": "passed", "attempts": 1, "role": "brainstorm"}
    then["result"]["edited"] = {"spec.md": "mine"}

    found = compare(Cassette.model_validate(then), recording(), failures={}, strict=True)

    assert found.is_same
