import unittest

from stock.items import Item, read_items


class ItemsTest(unittest.TestCase):
    def test_a_row_is_an_item(self):
        self.assertEqual(read_items("name,count,minimum\ntea,3,5\n"), [Item("tea", 3, 5)])
