"""Household accounts."""

from ledger.book import Book
from ledger.entry import Entry

__all__ = ["Book", "Entry"]
