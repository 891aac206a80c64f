"""What a call costs."""

from director.core.calls import End, Reply, Usage
from director.core.config.settings import Price


def price_usage(usage: Usage, price: Price) -> float:
    """Return US dollars; tokens written to a cache are priced as fresh input."""
    cached = price.input if price.cached_input is None else price.cached_input
    fresh = usage.input + usage.cache_write
    return (fresh * price.input + usage.cached_input * cached + usage.output * price.output) / 1_000_000


_AT_WORK = frozenset({End.DONE, End.TIMEOUT, End.OVER_BUDGET, End.INTERRUPTED})


def cost_of_reply(reply: Reply, price: Price | None) -> tuple[float | None, str]:
    """Return what a call cost that is over: no price tells where a model was at work and its tokens are not told."""
    is_told = reply.usage != Usage() or reply.end not in _AT_WORK
    return cost_of(reply.usage, reply.cost_usd, price if is_told else None)


def cost_of(usage: Usage, reported: float | None, price: Price | None) -> tuple[float | None, str]:
    """Return what a call cost and who says so: `config`, `program`, or None and `unknown`."""
    if price is not None:
        return price_usage(usage, price), "config"
    return (None, "unknown") if reported is None else (reported, "program")
