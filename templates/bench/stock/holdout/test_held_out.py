"""Held out: what the specification says and the nodes' own tests do not ask."""

import json
import unittest

from stock.export import to_json
from stock.items import Item
from stock.shortage import shortages


class HeldOutTest(unittest.TestCase):
    def test_where_as_much_lacks_names_decide(self):
        tea, rice, salt = Item("tea", 1, 3), Item("rice", 0, 2), Item("salt", 5, 7)
        self.assertEqual([item.name for item in shortages([tea, salt, rice])], ["rice", "salt", "tea"])

    def test_a_name_may_hold_whatever_it_likes(self):
        name = 'söl, "coarse"\n'
        self.assertEqual(json.loads(to_json([Item(name, 1, 1)]))[0]["name"], name)
