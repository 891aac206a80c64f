"""The scales of pictures: where a value is drawn, at which values there is a line, and how these are written."""

from collections.abc import Callable, Sequence
from math import ceil

from director.core.amounts import duration

_TICKS = 5
_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200)


def scale(top: float, start: float, end: float) -> Callable[[float], float]:
    """Return where a value is between two places, the first being 0."""
    return lambda value: round(start + (end - start) * value / top, 1)


def money_ticks(values: Sequence[float]) -> list[float]:
    """Return amounts at even steps from 0 on, the last one above all values."""
    top = max(values, default=0.0) or 1.0
    steps = (digit * 10.0**power for power in range(-4, 9) for digit in (1, 2, 5))
    return _ticks(top, next(step for step in steps if top / step <= _TICKS))


def second_ticks(values: Sequence[float]) -> list[float]:
    """Return seconds at even steps from 0 on, the last one above all values."""
    top = max(values, default=0.0) or 1.0
    days = (day * 86400.0 for day in range(1, 1000))
    return _ticks(top, next(step for step in (*_SECONDS, *days) if top / step <= _TICKS))


def money(value: float, ticks: Sequence[float]) -> str:
    """Return an amount with as many decimals as its scale needs."""
    digits = next(digits for digits in (0, 2, 3, 4) if digits == 4 or round(ticks[1], digits) == ticks[1])
    return f"${value:.{digits}f}"


def moment(seconds: float) -> str:
    """Return seconds as a scale shows them."""
    return f"{seconds:g} s" if seconds < 60 else duration(seconds)


def _ticks(top: float, step: float) -> list[float]:
    return [round(step * number, 6) for number in range(ceil(round(top / step, 6)) + 1)]
