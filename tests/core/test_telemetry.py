"""What is told of a span by the conventions of OpenTelemetry."""

from typing import Any

import pytest

from director.core.calls import CallRecord, End, Usage
from director.core.price import PriceSource
from director.core.roles import Role
from director.core.spans import Span, SpanKind
from director.core.telemetry import error_type, span_attributes, span_name
from director.core.tiers import parse_tier


def span(kind: SpanKind, name: str, **more: Any) -> Span:
    return Span(id="a" * 16, job="j", run="r", worker=0, task="run:a", kind=kind, name=name, start=1, seconds=2, **more)


def record(tier: str, **more: Any) -> CallRecord:
    told: dict[str, Any] = {
        "id": "c",
        "time": "2026-01-02T03:04:05Z",
        "job": "j",
        "role": Role.EXECUTOR,
        "task": "run:a",
        "attempt": 2,
        "tier": parse_tier(tier),
        "end": End.DONE,
        "usage": Usage(input=100, cached_input=20, cache_write=3, output=40, reasoning=5),
        "cost_usd": 0.25,
        "cost_source": PriceSource.PROGRAM,
        "seconds": 2,
    }
    return CallRecord(**told | more)


def test_a_call_tells_who_was_asked_what_it_used_and_what_it_cost() -> None:
    told = span_attributes(span(SpanKind.CALL, "executor", call="c"), record("opencode:anthropic/claude-haiku-4-5"))

    assert told == {
        "director.job": "j",
        "director.run": "r",
        "director.task": "run:a",
        "director.node": "a",
        "director.worker": 0,
        "director.kind": "call",
        "director.name": "executor",
        "director.outcome": "passed",
        "director.call": "c",
        "director.attempt": 2,
        "director.backend": "opencode",
        "director.end": "done",
        "director.cost_usd": 0.25,
        "director.cost_source": "program",
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "executor",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-haiku-4-5",
        "gen_ai.usage.input_tokens": 123,
        "gen_ai.usage.cache_read.input_tokens": 20,
        "gen_ai.usage.cache_creation.input_tokens": 3,
        "gen_ai.usage.output_tokens": 40,
        "gen_ai.usage.reasoning.output_tokens": 5,
    }


@pytest.mark.parametrize(
    ("tier", "provider", "model"),
    [
        ("google/gemini-3-pro", "gcp.gemini", "gemini-3-pro"),
        ("codex:gpt-5.2", "openai", "gpt-5.2"),
        ("opencode:openrouter/qwen/qwen3-coder", "openrouter", "qwen/qwen3-coder"),
        ("pi:local", "pi", "local"),
        ("acp:./agent --fast#big", "acp", "./agent --fast#big"),
        ("replay:.director/cassette.yaml", "replay", ".director/cassette.yaml"),
    ],
)
def test_the_provider_is_called_as_the_conventions_do(tier: str, provider: str, model: str) -> None:
    told = span_attributes(span(SpanKind.CALL, "executor"), record(tier))

    assert (told["gen_ai.provider.name"], told["gen_ai.request.model"]) == (provider, model)


def test_a_cost_that_nobody_knows_is_not_told_as_none() -> None:
    told = span_attributes(span(SpanKind.CALL, "executor"), record("a/b", cost_usd=None, cost_source="unknown"))

    assert "director.cost_usd" not in told
    assert told["director.cost_source"] == "unknown"


def test_a_call_that_ended_badly_has_its_end_as_the_error() -> None:
    assert error_type(span(SpanKind.CALL, "executor"), record("a/b", end=End.TIMEOUT)) == "timeout"
    assert error_type(span(SpanKind.GATE, "gate", outcome="red"), None) == "red"
    assert error_type(span(SpanKind.GATE, "gate"), None) == ""


@pytest.mark.parametrize(
    ("kind", "name", "called"),
    [
        (SpanKind.TASK, "run:a", "run:a"),
        (SpanKind.ATTEMPT, "1", "attempt 1"),
        (SpanKind.GATE, "gate", "gate gate"),
        (SpanKind.REVIEW, "stage two", "review stage two"),
        (SpanKind.CALL, "executor", "invoke_agent executor"),
        (SpanKind.LANDING, "0123456789ab", "landing"),
    ],
)
def test_spans_of_a_kind_have_a_common_name(kind: SpanKind, name: str, called: str) -> None:
    assert span_name(span(kind, name)) == called
