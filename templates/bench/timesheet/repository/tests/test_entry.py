import unittest

from timesheet.entry import Entry


class EntryTest(unittest.TestCase):
    def test_an_entry_knows_how_long_it_took(self):
        self.assertEqual(Entry("2026-03-02", 480, 570, "garden").minutes, 90)
