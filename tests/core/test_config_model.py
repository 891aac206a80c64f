import pytest
from pydantic import ValidationError

from director.core.config.settings import Config, Limits, Price, Review
from director.core.problems import describe_problems
from director.core.roles import Role
from director.core.tiers import Tier, parse_tier

TIERS = {"planner": "anthropic/claude-opus-4-5", "executor": "ollama/qwen3:30b"}
PLANNER = Tier(backend="opencode", model="anthropic/claude-opus-4-5")
EXECUTOR = Tier(backend="opencode", model="ollama/qwen3:30b")


def problems(**fields: object) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"tiers": TIERS, **fields})
    return describe_problems(caught.value)


def test_two_tiers_are_a_configuration() -> None:
    config = Config.model_validate({"tiers": TIERS})

    assert config.limits == Limits()
    assert config.review == Review()
    assert config.active_gates() == {}


@pytest.mark.parametrize(
    ("role", "tier"),
    [
        (Role.PLANNER, PLANNER),
        (Role.BRAINSTORM, PLANNER),
        (Role.EXECUTOR, EXECUTOR),
        (Role.EXPLORER, EXECUTOR),
        (Role.TEST_AUTHOR, PLANNER),
        (Role.REVIEWER, PLANNER),
        (Role.ESCALATION, PLANNER),
    ],
)
def test_a_role_without_a_tier_takes_that_of_another(role: Role, tier: Tier) -> None:
    assert Config.model_validate({"tiers": TIERS}).tier(role) == tier


@pytest.mark.parametrize("role", [Role.EXPLORER, Role.TEST_AUTHOR, Role.REVIEWER, Role.ESCALATION])
def test_a_role_with_a_tier_has_it(role: Role) -> None:
    config = Config.model_validate({"tiers": {**TIERS, role.value: "codex:gpt-5"}})

    assert config.tier(role) == Tier(backend="codex", model="gpt-5")


def test_a_price_is_found_however_its_tier_is_written() -> None:
    price = {"input": 3.0, "output": 15.0}
    config = Config.model_validate({"tiers": TIERS, "pricing": {"opencode:ollama/qwen3:30b": price}})

    assert config.price(parse_tier("ollama/qwen3:30b")) == Price(input=3.0, output=15.0)
    assert config.price(parse_tier("anthropic/claude-opus-4-5")) is None


def test_an_empty_gate_is_skipped_and_the_others_keep_their_order() -> None:
    config = Config.model_validate({"tiers": TIERS, "gates": {"lint": "ruff check", "types": " ", "build": "make"}})

    assert list(config.active_gates().items()) == [("lint", "ruff check"), ("build", "make")]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"limit": {}}, "limit: this key is not known"),
        ({"limits": {"max_attempt": 3}}, "limits.max_attempt: this key is not known"),
        ({"limits": {"max_attempts": 0}}, "limits.max_attempts: input should be greater than 0"),
        ({"limits": {"node_timeout_secs": -1}}, "limits.node_timeout_secs: input should be greater than 0"),
        ({"limits": {"cost_ceiling_usd": 0}}, "limits.cost_ceiling_usd: input should be greater than 0"),
        ({"tiers": {"planner": "a/b"}}, "tiers.executor: this key is missing"),
        (
            {"sampling": {"executor": {"temperature": 3}}},
            "sampling.executor.temperature: input should be less than or equal to 2",
        ),
        (
            {"pricing": {"a/b": {"input": -1, "output": 1}}},
            "pricing.a/b.input: input should be greater than or equal to 0",
        ),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(fields: dict[str, object], problem: str) -> None:
    assert problems(**fields) == [problem]


def test_a_tier_that_is_none_is_told_how_to_be_one() -> None:
    assert problems(tiers={**TIERS, "reviewer": "codex:"}) == [
        "tiers.reviewer: 'codex:' is not a tier: "
        "write backend:provider/model, as in 'opencode:anthropic/claude-sonnet-4-5'"
    ]


def test_every_problem_is_found_at_once() -> None:
    assert len(problems(gate={}, limits={"flake_runs": 0, "max_attempts": 0})) == 3
