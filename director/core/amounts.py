"""Amounts as people read them: money, time, counts."""

_UNITS = ((10.0, 1, "s", 1), (120.0, 1, "s", 0), (7200.0, 60, "min", 0), (float("inf"), 3600, "h", 1))
"""Up to how many seconds a unit is used, how many it has, its name, and its digits."""


def dollars(amount: float, unpriced: int = 0) -> str:
    """Return an amount; a `+?` says that calls are left out because their price is not known."""
    return f"${amount:.4f}{'+?' if unpriced else ''}" if amount or not unpriced else "?"


def duration(seconds: float) -> str:
    """Return seconds as people read them."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def dollars_between(middle: float, low: float, high: float) -> str:
    """Return an amount that is not known exactly, and its range."""
    digits = 2 if high >= 0.1 else 4
    shown = [f"${amount:.{digits}f}" for amount in (middle, low, high)]
    return shown[0] if shown[1] == shown[2] else f"{shown[0]} ({shown[1]}–{shown[2]})"


def time_between(middle: float, low: float, high: float) -> str:
    """Return a stretch of time in seconds that is not known exactly, and its range, in a unit that fits them."""
    size, unit, digits = next((size, unit, digits) for limit, size, unit, digits in _UNITS if high < limit)
    shown = [f"{seconds / size:.{digits}f}" for seconds in (middle, low, high)]
    return f"{shown[0]} {unit}" if shown[1] == shown[2] else f"{shown[0]} {unit} ({shown[1]}–{shown[2]})"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return how many there are of something."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def bytes_of(size: int) -> str:
    """Return a size."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def spared(nodes: int, saved: float) -> str:
    """Return how many nodes the cache gave and what it had cost to make them."""
    return f"{counted(nodes, 'node')} from the cache, {dollars(saved)} saved"


def percent(share: float | None) -> str:
    """Return a share."""
    return "unknown" if share is None else f"{share:.0%}"
