"""By what OpenCode would log in, told without starting it."""

import json
from pathlib import Path
from typing import Any

import pytest

from director.agents.opencode.login import login_of
from director.core.config.settings import BackendOptions
from director.core.errors import ConfigError
from director.core.tiers import parse_tier

OWN = {"base_url": "http://127.0.0.1:8080/v1"}


@pytest.mark.parametrize(
    ("tier", "provider", "login"),
    [
        ("anthropic/haiku", {}, "logged in with OpenCode"),
        ("groq/llama", {}, "key in GROQ_API_KEY"),
        ("mistral/large", {}, ""),
        ("lan/qwen3", {"lan": OWN}, "no key is named"),
        ("lan/qwen3", {"lan": OWN | {"api_key_env": "GROQ_API_KEY"}}, "key in GROQ_API_KEY"),
        ("lan/qwen3", {"lan": {"npm": "@ai-sdk/openai-compatible"}}, ""),
    ],
)
def test_it_is_told_by_what_a_provider_is_logged_in_to(
    sealed: Path, monkeypatch: pytest.MonkeyPatch, tier: str, provider: dict[str, Any], login: str
) -> None:
    logins = sealed / ".local" / "share" / "opencode" / "auth.json"
    logins.parent.mkdir(parents=True)
    logins.write_text(json.dumps({"anthropic": {"type": "api", "key": "k"}}))
    monkeypatch.setenv("GROQ_API_KEY", "k")

    assert login_of(parse_tier(tier), BackendOptions(provider=provider)) == login


def test_a_key_that_is_named_and_not_there_is_told() -> None:
    options = BackendOptions(provider={"lan": OWN | {"api_key_env": "LAN_KEY"}})

    with pytest.raises(ConfigError, match="the variable 'LAN_KEY' is not set"):
        login_of(parse_tier("lan/qwen3"), options)
