"""What OpenTelemetry is told of a span, in the words of its conventions for generative AI. No prompt, no reply.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
"""

from director.core.calls import CallRecord, End, Usage, node_of
from director.core.spans import PASSED, Span, SpanKind
from director.core.tiers import Tier, provider_and_model

Attributes = dict[str, str | int | float]
_WITHOUT_PROVIDER = frozenset({"acp", "replay"})
"""Backends whose tiers name a command or a file."""
_PROVIDERS = {
    "amazon-bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "google": "gcp.gemini",
    "google-vertex": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "moonshotai": "moonshot_ai",
    "xai": "x_ai",
}
"""What the conventions call providers that tiers call otherwise."""


def span_name(span: Span) -> str:
    """Return what a span is called: of few kinds, so that spans of a name can be compared."""
    match span.kind:
        case SpanKind.TASK:
            return span.name
        case SpanKind.CALL:
            return f"invoke_agent {span.name}"
        case SpanKind.ATTEMPT | SpanKind.GATE | SpanKind.REVIEW:
            return f"{span.kind} {span.name}"
        case SpanKind.LANDING | SpanKind.WAIT | SpanKind.QUEUE:
            return str(span.kind)


def error_type(span: Span, record: CallRecord | None) -> str:
    """Return why a span ended badly; empty if it did not. `record` is what its call came to."""
    if record and record.end is not End.DONE:
        return str(record.end)
    return "" if span.outcome == PASSED else span.outcome


def span_attributes(span: Span, record: CallRecord | None) -> Attributes:
    """Return what is told of a span. `record` is what its call came to; None where there is none."""
    told: Attributes = {
        "director.job": span.job,
        "director.run": span.run,
        "director.task": span.task,
        "director.node": node_of(span.task),
        "director.worker": span.worker,
        "director.kind": str(span.kind),
        "director.name": span.name,
        "director.outcome": span.outcome,
        "error.type": error_type(span, record),
    }
    if span.kind is SpanKind.CALL:
        told |= {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": span.name}
    if record:
        told |= _tier(record.tier) | _usage(record.usage) | _call(record)
    return {name: value for name, value in told.items() if value != ""}


def _tier(tier: Tier) -> Attributes:
    provider, model = (tier.backend, tier.model) if tier.backend in _WITHOUT_PROVIDER else provider_and_model(tier)
    return {
        "gen_ai.provider.name": _PROVIDERS.get(provider, provider) or tier.backend,
        "gen_ai.request.model": model,
        "director.backend": tier.backend,
    }


def _usage(usage: Usage) -> Attributes:
    return {
        "gen_ai.usage.input_tokens": usage.input + usage.cached_input + usage.cache_write,  # the convention's sum
        "gen_ai.usage.cache_read.input_tokens": usage.cached_input,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write,
        "gen_ai.usage.output_tokens": usage.output,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning,
    }


def _call(record: CallRecord) -> Attributes:
    cost: Attributes = {} if record.cost_usd is None else {"director.cost_usd": record.cost_usd}
    return cost | {
        "director.cost_source": str(record.cost_source),
        "director.call": record.id,
        "director.attempt": record.attempt,
        "director.end": str(record.end),
    }
