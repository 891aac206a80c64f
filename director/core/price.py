"""Prices of models, and who says so."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from director.core.model import Model

Money = Annotated[float, Field(ge=0)]


class Price(Model):
    """US dollars per million tokens."""

    input: Money
    """Fresh input tokens."""
    output: Money
    """Output tokens, reasoning included."""
    cached_input: Money | None = None
    """Input tokens read from the provider's cache. Default: the price of fresh input."""
    cache_write: Money | None = None
    """Input tokens written to the provider's cache. Default: the price of fresh input."""


class PriceSource(StrEnum):
    """Where a cost comes from; the first one that knows counts."""

    CONFIG = "config"
    """`[pricing]` in the configuration."""
    PROGRAM = "program"
    """What the agent program reported."""
    LOCAL = "local"
    """The model runs at an address of this machine or network: nothing is paid."""
    LIBRARY = "library"
    """The price list that is installed with director."""
    UNKNOWN = "unknown"
    """Nobody knows: such a call is counted as one of unknown cost, never as free."""
