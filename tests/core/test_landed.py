from director.core.landed import Landed, in_effect


def test_a_commit_that_a_later_one_undoes_counts_no_longer():
    landed = [
        Landed("1", "tests:a"),
        Landed("2", "run:a"),
        Landed("3", "run:b"),
        Landed("4", "update", undoes=("run:a",)),
    ]

    assert [entry.commit for entry in in_effect(landed)] == ["1", "3", "4"]


def test_what_lands_again_afterwards_counts():
    landed = [Landed("1", "run:a"), Landed("2", "revert:a", undoes=("run:a",)), Landed("3", "run:a")]

    assert [entry.commit for entry in in_effect(landed)] == ["2", "3"]


def test_without_an_undoing_commit_everything_counts():
    landed = [Landed("1", "tests:a"), Landed("2", "run:a")]

    assert in_effect(landed) == landed
