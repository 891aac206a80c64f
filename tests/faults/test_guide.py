"""The guide to faults names tests that exist."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
GUIDE = (TESTS.parent / "docs" / "faults.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w/]+\.py(?:::\w+)?)`", GUIDE))))
def test_a_test_that_the_guide_names_exists(name: str) -> None:
    path, _, function = name.partition("::")

    assert f"def {function}" in (TESTS / path).read_text(encoding="utf-8")
