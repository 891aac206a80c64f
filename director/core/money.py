"""What a call costs."""

from director.core.calls import End, Reply, Usage
from director.core.model import Model
from director.core.price import Price, PriceSource

_AT_WORK = frozenset({End.DONE, End.TIMEOUT, End.OVER_BUDGET, End.INTERRUPTED})


class KnownPrice(Model):
    """A price and who says so."""

    price: Price
    source: PriceSource


class Cost(Model):
    """What a call cost, by all that is known of it."""

    usd: float | None
    """What counts; None where nobody knows."""
    source: PriceSource
    """Who says so."""
    computed_usd: float | None = None
    """By the price."""
    reported_usd: float | None = None
    """By the program."""
    known: KnownPrice | None = None
    """The price, where there is one."""


def price_usage(usage: Usage, price: Price) -> float:
    """Return US dollars."""
    cached = price.input if price.cached_input is None else price.cached_input
    written = price.input if price.cache_write is None else price.cache_write
    paid_in = usage.input * price.input + usage.cached_input * cached + usage.cache_write * written
    return (paid_in + usage.output * price.output) / 1_000_000


def cost_of(usage: Usage, reported: float | None, known: KnownPrice | None) -> Cost:
    """Return what a call cost: the user's own price goes before what the program reports, and that before a list's."""
    computed = price_usage(usage, known.price) if known else None
    counts_report = reported is not None and (known is None or known.source is not PriceSource.CONFIG)
    if counts_report:
        usd, source = reported, PriceSource.PROGRAM
    else:
        usd, source = computed, known.source if known else PriceSource.UNKNOWN
    return Cost(usd=usd, source=source, computed_usd=computed, reported_usd=reported, known=known)


def cost_of_reply(reply: Reply, known: KnownPrice | None) -> Cost:
    """Return what a call cost that is over.

    Where a model was at work and its tokens are not told, no price tells, unless nothing is ever paid.
    """
    is_told = reply.usage != Usage() or reply.end not in _AT_WORK
    is_free = known is not None and known.source is PriceSource.LOCAL
    return cost_of(reply.usage, reply.cost_usd, known if is_told or is_free else None)
