"""Tests of entries and the book that holds them."""

import unittest
from datetime import date

from ledger import Book, Entry

SALARY = Entry(date(2026, 3, 1), "Salary", 210000)
BAKERY = Entry(date(2026, 3, 2), "Corner bakery", -480)
RENT = Entry(date(2026, 4, 1), "Rent", -80000)


class EntryTest(unittest.TestCase):
    def test_an_entry_knows_its_month(self) -> None:
        self.assertEqual(BAKERY.month, "2026-03")

    def test_an_entry_has_no_category_at_first(self) -> None:
        self.assertEqual(BAKERY.category, "")


class BookTest(unittest.TestCase):
    def test_an_empty_book_balances_at_nothing(self) -> None:
        self.assertEqual(Book().balance(), 0)

    def test_the_balance_is_the_sum_of_all_entries(self) -> None:
        self.assertEqual(Book([SALARY, BAKERY, RENT]).balance(), 129520)

    def test_entries_come_in_the_order_of_their_days(self) -> None:
        self.assertEqual(list(Book([RENT, BAKERY, SALARY])), [SALARY, BAKERY, RENT])

    def test_entries_of_one_day_keep_their_order(self) -> None:
        second = Entry(BAKERY.day, "Bus", -270)

        self.assertEqual(list(Book([BAKERY, second])), [BAKERY, second])

    def test_a_month_holds_only_its_own_entries(self) -> None:
        self.assertEqual(Book([SALARY, BAKERY, RENT]).month("2026-03"), [SALARY, BAKERY])


if __name__ == "__main__":
    unittest.main()
