from director.core.landed import Landed, brought, standing

TESTS, WORK = Landed("1", "tests:a", inputs="A"), Landed("2", "run:a")


def test_a_node_stands_by_its_last_commit() -> None:
    assert standing([TESTS, WORK, Landed("3", "run:a")]) == {"a": "3"}


def test_a_node_whose_tests_were_written_anew_does_not_stand_until_it_runs_again() -> None:
    anew = [TESTS, WORK, Landed("3", "tests:a", inputs="B")]

    assert standing(anew) == {}
    assert standing([*anew, Landed("4", "run:a")]) == {"a": "4"}


def test_a_node_that_has_its_former_tests_again_stands() -> None:
    assert standing([TESTS, WORK, Landed("3", "tests:a", inputs="B"), Landed("4", "tests:a", inputs="A")]) == {"a": "2"}


def test_other_commits_are_no_nodes() -> None:
    assert standing([Landed("1", "update"), Landed("2", "revert:a"), WORK]) == {"a": "2"}


def test_what_brought_a_node_is_counted_from_its_last_revert_on_and_whatever_else_undid_it() -> None:
    update, again = Landed("3", "update", undoes=("run:a",)), Landed("4", "run:a")

    assert brought([TESTS, WORK, update, again]) == {"a": [TESTS, WORK, again]}
    assert brought([TESTS, WORK, Landed("3", "revert:a")]) == {}
    assert brought([TESTS, WORK, Landed("3", "revert:a"), again]) == {"a": [again]}
