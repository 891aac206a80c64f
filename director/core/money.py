"""What a call costs."""

from director.core.calls import Usage
from director.core.model import Model
from director.core.price import Price, PriceSource


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
