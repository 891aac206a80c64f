"""The items of a store."""

import csv
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """Something that is kept in store."""

    name: str
    count: int
    minimum: int


def read_items(text: str) -> list[Item]:
    """Read a CSV whose first row is name,count,minimum."""
    rows = csv.DictReader(text.splitlines())
    return [Item(row["name"], int(row["count"]), int(row["minimum"])) for row in rows]
