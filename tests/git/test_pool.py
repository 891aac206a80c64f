"""Slots are lent to one at a time, and used again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from director.core.errors import GitError
from director.git.pool import Pool
from director.git.repository import Repository
from tests.git.checkout import Checkout
from tests.git.damage import write


@pytest.fixture
def pool(repository: Repository, tmp_path: Path) -> Pool:
    return Pool(repository, tmp_path / "pool")


def test_a_slot_is_lent_equal_to_the_commit(pool: Pool, head: str) -> None:
    with pool.slot("agent", head) as slot:
        assert slot.changes() == []
        assert (slot.tree / "top.txt").read_text() == "top\n"


def test_slots_in_use_are_distinct(pool: Pool, head: str) -> None:
    with pool.slot("agent", head) as one, pool.slot("agent", head) as two, pool.slot("gate", head) as three:
        assert len({one.directory, two.directory, three.directory}) == 3


def test_a_slot_that_was_given_back_is_lent_again(pool: Pool, head: str) -> None:
    with pool.slot("agent", head) as first:
        write(first, "new.txt")

    with pool.slot("agent", head) as second:
        assert second.directory == first.directory
        assert second.changes() == []


def test_agents_never_get_a_slot_of_the_gates(pool: Pool, head: str) -> None:
    with pool.slot("gate", head) as gate:
        pass

    with pool.slot("agent", head) as agent:
        assert agent.directory != gate.directory


def test_a_slot_comes_back_after_a_failure(pool: Pool, head: str) -> None:
    with pytest.raises(KeyError), pool.slot("agent", head) as first:
        raise KeyError

    with pool.slot("agent", head) as second:
        assert second.directory == first.directory


def test_a_slot_comes_back_if_it_cannot_be_prepared(pool: Pool, head: str) -> None:
    with pytest.raises(GitError), pool.slot("agent", "f" * 40):
        pass

    with pool.slot("agent", head) as slot:
        assert slot.directory.name == "agent-1"


def test_users_at_the_same_time_have_slots_of_their_own(pool: Pool, head: str) -> None:
    together = threading.Barrier(4)

    def use(number: int) -> tuple[Path, list[str]]:
        with pool.slot("agent", head) as slot:
            write(slot, f"{number}.txt")
            together.wait(timeout=30)
            return slot.directory, slot.changes()

    with ThreadPoolExecutor(4) as threads:
        used = list(threads.map(use, range(4)))

    assert len({directory for directory, _ in used}) == 4
    assert [changes for _, changes in used] == [[f"{number}.txt"] for number in range(4)]


def test_another_director_uses_the_slots_that_an_earlier_one_left(
    repository: Repository, pool: Pool, head: str
) -> None:
    with pool.slot("agent", head) as first:
        write(first, "top.txt")

    with Pool(repository, pool.directory).slot("agent", head) as second:
        assert second.directory == first.directory
        assert second.changes() == []


def test_of_the_free_slots_one_that_stands_at_the_commit_is_lent(pool: Pool, checkout: Checkout, head: str) -> None:
    later = checkout.commit("later", new="x\n")
    with pool.slot("gate", head) as one, pool.slot("gate", later) as other:
        standing = {head: one.directory, later: other.directory}

    for commit in (head, later, head):
        with pool.slot("gate", commit) as slot:
            assert slot.directory == standing[commit]
