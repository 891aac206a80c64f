import unittest
from datetime import date

from instalments.due import due_dates


class DueTest(unittest.TestCase):
    def test_instalments_fall_due_month_by_month(self):
        self.assertEqual(due_dates(date(2026, 3, 15), 2), [date(2026, 3, 15), date(2026, 4, 15)])
