import pytest
from hypothesis import given
from hypothesis import strategies as st

from director.core.errors import ConfigError
from director.core.tiers import Tier, parse_tier


@pytest.mark.parametrize(
    ("text", "backend", "model"),
    [
        ("anthropic/claude-sonnet-4-5", "opencode", "anthropic/claude-sonnet-4-5"),
        ("opencode:anthropic/claude-sonnet-4-5", "opencode", "anthropic/claude-sonnet-4-5"),
        ("claude-code:sonnet", "claude-code", "sonnet"),
        ("ollama/qwen3:30b", "opencode", "ollama/qwen3:30b"),
        ("opencode:ollama/qwen3:30b", "opencode", "ollama/qwen3:30b"),
        ("openrouter/deepseek/deepseek-r1:free", "opencode", "openrouter/deepseek/deepseek-r1:free"),
        ("replay:cassettes/demo.yaml", "replay", "cassettes/demo.yaml"),
        ("replay:/home/ada/demo.yaml", "replay", "/home/ada/demo.yaml"),
    ],
)
def test_a_backend_stands_before_a_colon_and_the_first_slash(text: str, backend: str, model: str) -> None:
    assert parse_tier(text) == Tier(backend=backend, model=model)


@pytest.mark.parametrize(
    "text", ["", " ", "codex:", "codex: ", ":gpt-5", "Codex:gpt-5", "codex: gpt-5", " a/b", "a/b\n"]
)
def test_what_names_no_model_or_no_backend_is_not_a_tier(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_tier(text)

    assert caught.value.message == f"'{text}' is not a tier"
    assert caught.value.hint == "write backend:provider/model, as in 'opencode:anthropic/claude-sonnet-4-5'"


@given(
    st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True),
    st.text(min_size=1).filter(lambda model: model == model.strip()),
)
def test_a_tier_written_out_reads_as_itself(backend: str, model: str) -> None:
    tier = Tier(backend=backend, model=model)

    assert parse_tier(str(tier)) == tier
