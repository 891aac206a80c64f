"""What is remembered, and what has to be made again."""

from collections import Counter

from director.core.recent import Recent


class Maker:
    """Makes a text of a number's length, and counts how often it did."""

    def __init__(self, room: int) -> None:
        self.made = Counter[int]()
        self.recent = Recent(self._make, room=room, weigh=len)

    def _make(self, number: int) -> str:
        self.made[number] += 1
        return "x" * number


def test_what_is_asked_for_again_is_made_once() -> None:
    maker = Maker(room=10)

    assert [maker.recent(3), maker.recent(3)] == ["xxx", "xxx"]
    assert maker.made[3] == 1


def test_what_was_not_asked_for_the_longest_makes_room() -> None:
    maker = Maker(room=10)
    for number in (3, 4, 3, 5):
        maker.recent(number)

    maker.recent(3)
    maker.recent(4)

    assert maker.made == {3: 1, 4: 2, 5: 1}


def test_what_is_too_large_by_itself_puts_nothing_out() -> None:
    maker = Maker(room=10)
    for number in (3, 11, 11, 3):
        assert len(maker.recent(number)) == number

    assert maker.made == {3: 1, 11: 2}
