"""Which arms there are, what decides one, and when one has come to its end."""

import pytest

from director.core.bench.arms import (
    SOLO,
    Arm,
    Judged,
    arms_of,
    check_named,
    check_profiles,
    contest,
    settled,
    solo_config,
    solo_plan,
)
from director.core.config.settings import Config
from director.core.errors import ConfigError
from director.core.plan.node import Plan
from director.core.plan.validation import find_problems
from director.core.roles import Role

TIERS = {"planner": "big/model", "executor": "small/model"}
CHAIN: dict[str, tuple[str, ...]] = {"alpha": (), "beta": ("alpha",), "gamma": ("beta",)}


def config(**more: object) -> Config:
    return Config.model_validate({"tiers": TIERS, **more})


def plan() -> Plan:
    def entry(name: str, needs: list[str]) -> dict[str, object]:
        files = [f"{name}.py", "shared.py"] if name == "alpha" else [f"{name}.py"]
        return {
            "id": name,
            "spec": f"Do {name}.",
            "files": files,
            "depends_on": needs,
            "test_cmd": f"pytest test_{name}.py",
            "tests": [f"test_{name}.py"],
        }

    return Plan.model_validate({"nodes": [entry("alpha", []), entry("beta", ["alpha"])]})


def test_the_first_trials_of_all_profiles_go_before_the_second_ones() -> None:
    labels = [arm.label for arm in arms_of(["full", "cheap"], trials=2)]

    assert labels == ["full:1", "cheap:1", "full:2", "cheap:2"]


@pytest.mark.parametrize("word", ["bench:full:1", "bench:*:2", "bench:full:*"])
def test_arms_are_named_by_their_task_or_a_pattern(word: str) -> None:
    check_named([word], arms_of(["full"], trials=2))


def test_a_word_that_names_no_arm_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match=r"there is no arm 'bench:full:3'\nhint: the arms are 'bench:full:1' and"):
        check_named(["bench:full:3"], arms_of(["full"], trials=2))


def test_an_arm_is_named_as_its_task() -> None:
    assert Arm(profile="cheap", trial=3).task == "bench:cheap:3"


@pytest.mark.parametrize(
    ("names", "baseline", "said"),
    [
        ([], None, "a bench needs profiles"),
        (["full", "plan"], None, "a profile of a bench cannot be called 'plan'"),
        (["Summary.json"], None, "a profile of a bench cannot be called 'Summary.json'"),
        (["solo"], None, "a profile of a bench cannot be called 'solo'"),
        (["full", "full"], None, "the profile 'full' is named twice"),
        (["full"], "cheap", "the baseline 'cheap' is none of the profiles"),
    ],
)
def test_profiles_that_cannot_be_compared_are_refused(names: list[str], baseline: str | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_profiles(names, baseline=baseline)


@pytest.mark.parametrize(
    "changed",
    [
        {"limits": {"cost_ceiling_usd": 5.0, "rate_limit_wait_secs": 1.0, "node_timeout_secs": 60.0}},
        {"pricing": {"small/model": {"input": 1.0, "output": 1.0}}},
        {"gates": {"lint": "true"}},
    ],
)
def test_an_arm_goes_on_when_only_ceilings_prices_and_gates_of_its_profile_change(changed: dict[str, object]) -> None:
    assert contest(config(**changed)) == contest(config())


@pytest.mark.parametrize(
    "changed",
    [
        {"tiers": {**TIERS, "executor": "other/model"}},
        {"limits": {"max_attempts": 3}},
        {"sampling": {"executor": {"temperature": 0.5}}},
        {"review": {"stage_two": False}},
    ],
)
def test_an_arm_begins_anew_when_what_decides_its_outcome_changes(changed: dict[str, object]) -> None:
    assert contest(config(**changed)) != contest(config())


def test_solo_is_one_node_with_every_file_every_test_and_the_whole_spec() -> None:
    made = solo_plan(plan(), "# Everything\n")

    (only,) = made.nodes
    assert only.id == SOLO
    assert only.spec == "# Everything"
    assert only.files == ("alpha.py", "shared.py", "beta.py")
    assert only.tests == ("test_alpha.py", "test_beta.py")
    assert only.test_cmd == "(pytest test_alpha.py) && (pytest test_beta.py)"
    assert find_problems(made) == []


def test_solo_without_a_spec_gets_those_of_the_nodes() -> None:
    (only,) = solo_plan(plan(), "").nodes

    assert only.spec == "## alpha\n\nDo alpha.\n\n## beta\n\nDo beta."


def test_solo_is_played_by_the_planners_tier_without_a_reviewer() -> None:
    made = solo_config(config())

    assert {str(made.tier(role)) for role in Role} == {"opencode:big/model"}
    assert not made.review.stage_two


@pytest.mark.parametrize(
    ("landed", "given_up", "is_settled"),
    [
        ({"alpha", "beta", "gamma"}, set(), True),
        ({"alpha"}, {"beta"}, True),
        (set(), {"alpha"}, True),
        ({"alpha"}, set(), False),
        ({"alpha", "beta"}, set(), False),
        (set(), {"beta"}, False),
    ],
)
def test_an_arm_has_ended_when_no_node_can_go_on(landed: set[str], given_up: set[str], is_settled: bool) -> None:
    assert settled(CHAIN, landed=frozenset(landed), given_up=frozenset(given_up)) is is_settled


def test_a_result_is_integrated_only_if_every_test_and_gate_is_green() -> None:
    judged = Judged(commit="c", yardstick="y", tests="t", nodes={"alpha": True, "beta": True}, gates={"lint": True})

    assert judged.is_integrated
    assert not judged.model_copy(update={"gates": {"lint": False}}).is_integrated
    assert judged.model_copy(update={"nodes": {"alpha": True, "beta": False}}).share == 0.5
