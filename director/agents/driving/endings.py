"""How a call ended, told from the words of programs and providers."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from director.core import backoff
from director.core.calls import End

DETAIL_LENGTH = 2000
"""A longer reason is cut, for it may hold a whole response."""
_LOG_BYTES = 256 * 1024
_RATE = re.compile(r"rate.?limit|too many requests|overloaded|quota|usage limit|resource.exhausted", re.IGNORECASE)
_RATE_STATUS = frozenset({429, 529})
_REFUSED_STATUS = frozenset({401, 402, 403})
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Ending:
    """How a call ended, and why."""

    end: End
    detail: str = ""
    retry_after: float | None = None


def failed(
    message: str, *, status: int | None = None, body: str = "", headers: Mapping[str, Any] | None = None
) -> Ending:
    """Tell a failure by the provider's status, by its words, and by what stands in its response."""
    detail = (message if status is None or str(status) in message else f"{message} (HTTP {status})")[:DETAIL_LENGTH]
    if status in _RATE_STATUS or speaks_of_rate(message) or speaks_of_rate(body):
        return Ending(End.RATE_LIMITED, detail, retry_after=told_wait(f"{message}\n{body}", headers))
    return Ending(End.REFUSED if status in _REFUSED_STATUS else End.ERROR, detail)


def told_wait(text: str, headers: Mapping[str, Any] | None = None) -> float | None:
    """Return how many seconds a provider asks to wait, or None."""
    said = {name: value for name, value in (headers or {}).items() if isinstance(value, str)}
    return backoff.told_wait(text, said, now=datetime.now(UTC))


def wait_until(moment: float) -> float:
    """Return how many seconds it is until a moment, which is given in seconds since the epoch."""
    return min(max(moment - datetime.now(UTC).timestamp(), 0.0), backoff.FARTHEST_SECONDS)


def speaks_of_rate(text: str) -> bool:
    """Tell whether a provider's words mean that it is asked too often or too much."""
    return bool(_RATE.search(text))


def tail(log: Path) -> str:
    """Return the end of a log, which an agent can make as long as it likes, without colours."""
    try:
        with log.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _LOG_BYTES, 0))
            return _COLOUR.sub("", file.read().decode("utf-8", "replace"))
    except OSError:
        return ""


def last_line(text: str) -> str:
    """Return the last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")[:DETAIL_LENGTH]
