"""Due dates."""

from datetime import date

from instalments.shift import add_months


def due_dates(first: date, count: int) -> list[date]:
    """Return the days on which a number of monthly instalments fall due."""
    dates = [first]
    while len(dates) < count:
        dates.append(add_months(dates[-1], 1))
    return dates
