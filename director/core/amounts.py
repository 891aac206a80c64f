"""Amounts as people read them: money, time, counts."""


def dollars(amount: float, unpriced: int = 0) -> str:
    """Return an amount; a `+?` says that calls are left out because their price is not known."""
    return f"${amount:.4f}{'+?' if unpriced else ''}" if amount or not unpriced else "?"


def duration(seconds: float) -> str:
    """Return seconds as people read them."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


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
