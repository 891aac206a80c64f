"""Days some months later."""

from datetime import date


def add_months(day: date, months: int) -> date:
    """Return the same day some months later; the last day of the month where there is no such day."""
    return day.replace(year=day.year + (day.month + months) // 12, month=(day.month + months) % 12)
