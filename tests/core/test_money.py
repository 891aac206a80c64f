"""What calls cost, by prices and by reports."""

import pytest

from director.core.calls import End, Reply, Usage
from director.core.money import KnownPrice, cost_of, cost_of_reply, price_usage
from director.core.price import Price, PriceSource

USAGE = Usage(input=600_000, cached_input=400_000, cache_write=100_000, output=50_000, reasoning=20_000)
PRICE = Price(input=5, output=25, cached_input=0.5, cache_write=6.25)


def test_every_kind_of_token_has_its_price_and_reasoning_is_part_of_the_output() -> None:
    assert price_usage(USAGE, PRICE) == pytest.approx(3.0 + 0.2 + 0.625 + 1.25)


def test_tokens_of_the_cache_cost_what_fresh_ones_do_where_no_price_says_otherwise() -> None:
    assert price_usage(USAGE, Price(input=1, output=0)) == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("source", "reported", "usd", "says"),
    [
        (PriceSource.CONFIG, None, 5.075, PriceSource.CONFIG),
        (PriceSource.CONFIG, 7.0, 5.075, PriceSource.CONFIG),
        (PriceSource.LIBRARY, 7.0, 7.0, PriceSource.PROGRAM),
        (PriceSource.LIBRARY, None, 5.075, PriceSource.LIBRARY),
        (PriceSource.LOCAL, None, 5.075, PriceSource.LOCAL),
        (PriceSource.LOCAL, 7.0, 7.0, PriceSource.PROGRAM),
    ],
)
def test_the_users_price_goes_before_a_report_and_a_report_before_a_list(
    source: PriceSource, reported: float | None, usd: float, says: PriceSource
) -> None:
    cost = cost_of(USAGE, reported, KnownPrice(price=PRICE, source=source))

    assert (cost.usd, cost.source) == (pytest.approx(usd), says)
    assert (cost.computed_usd, cost.reported_usd) == (pytest.approx(5.075), reported)


def test_what_nobody_prices_is_unknown_and_not_free() -> None:
    cost = cost_of(USAGE, None, None)

    assert (cost.usd, cost.source) == (None, PriceSource.UNKNOWN)


def test_a_report_of_nothing_counts_as_nothing() -> None:
    assert cost_of(USAGE, 0.0, None).usd == 0.0


@pytest.mark.parametrize(
    ("source", "end", "usd"),
    [
        (PriceSource.CONFIG, End.DONE, None),
        (PriceSource.CONFIG, End.TIMEOUT, None),
        (PriceSource.CONFIG, End.REFUSED, 0.0),
        (PriceSource.LOCAL, End.DONE, 0.0),
    ],
)
def test_no_price_tells_what_tokens_cost_that_nobody_told(source: PriceSource, end: End, usd: float | None) -> None:
    assert cost_of_reply(Reply(end=end), KnownPrice(price=PRICE, source=source)).usd == usd
