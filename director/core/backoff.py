"""How long to wait for a provider that turns calls away, and what it says about that itself."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 300.0
FARTHEST_SECONDS = 366 * 86400.0
"""No provider means more."""

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_SPAN = (
    r"(?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z])"
    r"[\s,]*(?:and\s+)?)+"
)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_IN_A_WHILE = re.compile(rf"(?:try again|retry|retry-after|resets?|available|wait)\D{{0,24}}?({_SPAN})", re.IGNORECASE)
_BARE_SECONDS = re.compile(r"retry[-_ ]?after(?:[-_ ]?sec(?:ond)?s)?\W{1,4}(\d+(?:\.\d+)?)(?![\d:-])", re.IGNORECASE)
_MOMENT = re.compile(
    r"(?:reset|try again|retry|available|until)\D{0,24}?"
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"(?:reset\D{0,24}?|\|)(1[5-9]\d{8}|[2-3]\d{9})(?:\d{3})?\b", re.IGNORECASE)
_LOOKED_AT = 4000
_HEADER_LENGTH = 100


def backoff(tries: int) -> float:
    """Return how many seconds to wait after so many refusals in a row, where the provider does not say."""
    return float(min(FIRST_SECONDS * 2 ** min(tries - 1, 16), LONGEST_SECONDS))


def told_wait(text: str, headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return how many seconds a provider asks to wait, from its headers or its words; None where it does not say."""
    for seconds in _understood(text[:_LOOKED_AT], headers, now):
        if seconds is not None and not math.isnan(seconds):
            return min(max(seconds, 0.0), FARTHEST_SECONDS)
    return None


def _understood(said: str, headers: Mapping[str, str], now: datetime) -> Iterator[float | None]:
    """Yield what each header and each wording comes to, what tells most first."""
    lower = {name.lower(): value[:_HEADER_LENGTH] for name, value in headers.items()}
    for name, read in _HEADERS.items():
        if name in lower:
            yield read(lower[name].strip(), now)
    for pattern, read in _WORDS:
        if found := pattern.search(said):
            yield read(found[1], now)


def _number(text: str, now: datetime) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _milliseconds(text: str, now: datetime) -> float | None:
    seconds = _number(text, now)
    return None if seconds is None else seconds / 1000


def _seconds_or_date(text: str, now: datetime) -> float | None:
    seconds = _number(text, now)
    if seconds is not None:
        return seconds
    try:
        return (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


def _span(text: str, now: datetime) -> float | None:
    total = 0.0
    for number, unit in _PART.findall(text.lower()):
        short = "ms" if unit.startswith(("ms", "milli")) else unit[0]
        total += float(number) * _UNITS[short]
    return total


def _moment(text: str, now: datetime) -> float | None:
    """Read an ISO date or seconds since the epoch; a time without a zone is UTC."""
    if text.isdecimal():
        return float(text) - now.timestamp()
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()


_Reader = Callable[[str, datetime], float | None]
_HEADERS: Mapping[str, _Reader] = {
    "retry-after-ms": _milliseconds,
    "retry-after": _seconds_or_date,
    "anthropic-ratelimit-unified-reset": _moment,
}
"""What providers send: https://httpwg.org/specs/rfc9110.html#field.retry-after and their own."""
_WORDS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_MOMENT, _moment),
    (_EPOCH, _moment),
    (_IN_A_WHILE, _span),
    (_BARE_SECONDS, _number),
)
