from director.core.landed import Landed, in_doubt, in_effect, last_update, undone_by


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


def test_what_an_update_made_red_is_in_doubt_and_what_was_taken_back_is_gone():
    landed = [
        Landed("1", "run:a"),
        Landed("2", "run:b"),
        Landed("3", "update", undoes=("run:a", "run:b")),
        Landed("4", "revert:b", undoes=("run:b",)),
    ]

    assert in_doubt(landed, "run:a") == landed[0]
    assert in_doubt(landed, "run:b") is None
    assert in_doubt(landed, "run:c") is None


def test_the_last_update_says_on_what_the_job_stands():
    landed = [Landed("1", "update", inputs="x"), Landed("2", "update", inputs="y"), Landed("3", "run:a", inputs="z")]

    assert last_update(landed) == "y"
    assert last_update(landed[2:]) is None


def test_what_undid_the_last_commit_of_a_task_is_known_until_it_lands_again():
    update = Landed("2", "update", undoes=("run:a",))

    assert undone_by([Landed("1", "run:a"), update], "run:a") == update
    assert undone_by([Landed("1", "run:a"), update, Landed("3", "run:a")], "run:a") is None
    assert undone_by([Landed("1", "run:b"), update], "run:b") is None
