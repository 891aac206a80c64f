"""How often Python looks for garbage."""

import gc
from collections.abc import Iterator

import pytest

from director.shell import garbage


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_what_lasts_looks_more_often_than_what_is_over_soon() -> None:
    garbage.look_seldom()
    seldom = gc.get_threshold()[0]
    garbage.look_often()

    assert gc.get_threshold()[0] < seldom
