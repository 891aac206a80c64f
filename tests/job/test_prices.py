"""Who knows what a tier costs."""

import threading
import time
from typing import Any

import pytest

from director.core.config.settings import Config
from director.core.price import Price, PriceSource
from director.core.tiers import parse_tier
from director.job import prices
from director.job.prices import foresee_price, known_price


def config(provider: Any = None, *, backend: str = "opencode", pricing: dict[str, Any] | None = None) -> Config:
    backends = {backend: {"provider": {"here": provider}}} if provider else {}
    tiers = {"planner": "here/coder", "executor": "here/coder"}
    return Config.model_validate({"tiers": tiers, "backends": backends, "pricing": pricing or {}})


@pytest.mark.parametrize(
    "provider",
    [
        {"base_url": "http://127.0.0.1:8080/v1"},
        {"base_url": "http://localhost:11434/v1"},
        {"base_url": "http://[::1]:1/v1"},
        {"base_url": "https://192.168.1.7/v1"},
        {"base_url": "http://gpu.lan:8000/v1"},
        {"npm": "@ai-sdk/openai-compatible", "options": {"baseURL": "http://10.0.0.2/v1"}},
    ],
)
def test_a_model_at_an_address_of_a_private_network_costs_nothing(provider: dict[str, Any]) -> None:
    known = known_price(config(provider), parse_tier("here/coder"))

    assert known
    assert (known.source, known.price.input, known.price.output) == (PriceSource.LOCAL, 0, 0)


@pytest.mark.parametrize("address", ["https://api.example.com/v1", "http://8.8.8.8/v1", "nonsense", ""])
def test_a_model_elsewhere_that_no_list_has_is_of_unknown_price(address: str) -> None:
    assert known_price(config({"base_url": address}), parse_tier("here/coder")) is None


def test_the_configured_price_goes_before_everything() -> None:
    pricing = {"here/coder": {"input": 1, "output": 2}}

    known = known_price(config({"base_url": "http://127.0.0.1/v1"}, pricing=pricing), parse_tier("here/coder"))

    assert known
    assert (known.source, known.price) == (PriceSource.CONFIG, Price(input=1, output=2))


@pytest.mark.parametrize(
    "tier",
    [
        "anthropic/claude-opus-4-5",
        "claude-code:claude-opus-4-5",
        "openai/gpt-5",
        "codex:gpt-5",
        "google/gemini-2.5-pro",
        "gemini:gemini-2.5-pro",
    ],
)
def test_the_installed_list_knows_the_models_of_the_great_providers(tier: str) -> None:
    known = known_price(config(), parse_tier(tier))

    assert known
    assert known.source is PriceSource.LIBRARY
    assert 0 < (known.price.cached_input or 0) < known.price.input < known.price.output


@pytest.mark.parametrize("tier", ["replay:cassette.yaml", "acp:some-agent", "pi:nowhere/nothing", "anthropic/no-such"])
def test_what_no_list_has_is_of_unknown_price(tier: str) -> None:
    assert known_price(config(), parse_tier(tier)) is None


@pytest.mark.parametrize(
    ("settings", "is_read"),
    [
        (config(), True),
        (config({"base_url": "http://127.0.0.1:8080/v1"}), False),
        (config(pricing={"opencode:here/coder": {"input": 1, "output": 2}}), False),
    ],
)
def test_the_list_is_read_aside_once_and_only_if_it_will_be_asked(
    settings: Config, is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(prices, "_list", lambda: read.append(threading.current_thread().name))
    monkeypatch.setattr(prices, "_ASIDE_SECONDS", 0.0)
    prices._read_aside.cache_clear()

    for _ in range(2):
        foresee_price(settings, parse_tier("opencode:here/coder"))

    until = time.monotonic() + 10
    while is_read and not read and time.monotonic() < until:
        time.sleep(0.001)
    assert len(read) == is_read
    assert threading.current_thread().name not in read
    prices._read_aside.cache_clear()
