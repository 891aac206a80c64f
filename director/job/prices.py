"""What tiers cost: by the configuration, by where they run, by the price list that is installed with director."""

import ipaddress
import threading
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from director.core.config.settings import Config
from director.core.money import KnownPrice
from director.core.price import Price, PriceSource
from director.core.tiers import Tier, provider_and_model

FREE = Price(input=0, output=0, cached_input=0, cache_write=0)
_LOCAL_NAMES = (".local", ".lan", ".internal", ".localhost")
_ASIDE_SECONDS = 0.2


def known_price(config: Config, tier: Tier) -> KnownPrice | None:
    """Return the price of a tier, or None where nobody knows it."""
    if price := config.price(tier):
        return KnownPrice(price=price, source=PriceSource.CONFIG)
    if is_local(config, tier):
        return KnownPrice(price=FREE, source=PriceSource.LOCAL)
    price = _listed(*provider_and_model(tier))
    return KnownPrice(price=price, source=PriceSource.LIBRARY) if price else None


def foresee_price(config: Config, tier: Tier) -> None:
    """Have the list read, if a tier's price will be looked up there, while agents are at work: it takes a while.

    Not at once: others may still be about to start.
    """
    if not config.price(tier) and not is_local(config, tier):
        _read_aside()


@cache
def _read_aside() -> None:
    aside = threading.Timer(_ASIDE_SECONDS, _list)
    aside.daemon = True
    aside.start()


def is_local(config: Config, tier: Tier) -> bool:
    """Tell whether the configuration has a tier's provider at an address of this machine or of a private network."""
    options = config.backends.get(tier.backend)
    block = options.provider.get(tier.model.partition("/")[0]) if options else None
    return any(_is_private(urlsplit(address).hostname or "") for address in _addresses(block))


def _addresses(block: object) -> list[str]:
    """Return the addresses that a provider's block names, in director's shorthand or in the program's own form."""
    if not isinstance(block, Mapping):
        return []
    inner = block.get("options")
    named = [block.get("base_url"), inner.get("baseURL") if isinstance(inner, Mapping) else None]
    return [address for address in named if isinstance(address, str)]


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith(_LOCAL_NAMES)


@cache
def _listed(provider: str, model: str) -> Price | None:
    """Look a model up in the list; where a price depends on the length of a request, the price of short ones counts.

    The list is that of https://github.com/pydantic/genai-prices as it was installed: nothing is fetched.
    """
    if not provider:
        return None
    prices = _list()
    try:
        listed = prices.calc_price(prices.Usage(input_tokens=1), model, provider_id=provider).model_price
    except LookupError:
        return None
    read = {
        "input": _base(listed.input_mtok),
        "output": _base(listed.output_mtok),
        "cached_input": _base(listed.cache_read_mtok),
        "cache_write": _base(listed.cache_write_mtok),
    }
    return None if read["input"] is None or read["output"] is None else Price.model_validate(read)


def _list() -> Any:
    """Return the library, imported only where a price is wanted: that takes a tenth of a second."""
    return import_module("genai_prices")


def _base(price: Any) -> float | None:
    found = getattr(price, "base", price)
    return float(found) if isinstance(found, Decimal | int | float) else None
