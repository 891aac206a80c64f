"""A repository that is looked at again and again."""

import shutil

import pytest

from director.core.errors import TipMoved
from director.git.observed import ObservedRepository
from director.git.repository import Repository
from tests.git.checkout import Checkout

REF = "refs/heads/director/job-1"


def test_what_a_commit_holds_is_asked_once(checkout: Checkout, head: str) -> None:
    observed = ObservedRepository.open(checkout.root)
    checkout.write("top.txt", "new\n")
    second = checkout.commit("second")
    first = observed.parent(second)
    diff, landed = observed.diff(first, second), observed.landed(first, second)

    shutil.rmtree(checkout.root / ".git" / "objects")

    assert (observed.parent(second), first) == (head, head)
    assert observed.diff(first, second) == diff
    assert "+new" in diff
    assert observed.landed(first, second) == landed


def test_where_a_ref_points_is_asked_each_time(checkout: Checkout, repository: Repository, head: str) -> None:
    observed = ObservedRepository.open(checkout.root)
    before = observed.tip(REF)

    repository.move(REF, head, old=None)

    assert (before, observed.tip(REF)) == (None, head)


def test_looking_moves_nothing(checkout: Checkout, head: str) -> None:
    observed = ObservedRepository.open(checkout.root)

    with pytest.raises(TipMoved, match="is only looked at"):
        observed.move(REF, head, old=None)

    assert observed.tip(REF) is None
