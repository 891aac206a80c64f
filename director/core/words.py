"""Names in messages: quoted, on one line, and no more of them than a person reads."""

from collections.abc import Sequence

MAX_NAME = 100
"""Characters of one name that a message shows."""


def quoted(name: str) -> str:
    """Return a name in quotes; what is not printable is escaped, so that it stays on its line."""
    short = name if len(name) <= MAX_NAME else name[:MAX_NAME] + "..."
    return f"'{short}'" if short.isprintable() else repr(short)


def listed(items: Sequence[str], *, limit: int = 5) -> str:
    """Join the first items as a sentence does, and say how many more there are."""
    more = len(items) - limit
    shown = list(items) if more <= 0 else [*items[:limit], f"{more} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def shortened(text: str, *, limit: int) -> str:
    """Return the beginning of a text that is too long, and how much was left out."""
    left_out = len(text) - limit
    return text if left_out <= 0 else f"{text[:limit]}\n[... {left_out} characters left out ...]"
