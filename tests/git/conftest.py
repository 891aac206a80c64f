"""A repository with one commit, as a person made it and as director sees it."""

from pathlib import Path

import pytest

from director.git.repository import Repository
from director.git.slots import Slot
from tests.git.checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    made = Checkout.create(tmp_path / "repository")
    made.write("top.txt", "top\n")
    made.write("dir/file.txt", "file\n")
    made.write("dir/deep/other.txt", "other\n")
    made.write("run.sh", "#!/bin/sh\n", executable=True)
    made.write(".gitignore", "*.log\nbuild/\n")
    made.commit("first")
    return made


@pytest.fixture
def repository(checkout: Checkout) -> Repository:
    return Repository.open(checkout.root)


@pytest.fixture
def head(checkout: Checkout) -> str:
    return checkout.git("rev-parse", "HEAD")


@pytest.fixture
def slot(repository: Repository, head: str, tmp_path: Path) -> Slot:
    made = Slot(repository, tmp_path / "slots" / "agent-1")
    made.prepare(head)
    return made
