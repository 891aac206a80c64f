"""A tree in which files are replaced, made without a checkout."""

import pytest

from director.git.repository import Repository
from tests.git.checkout import Checkout


def test_files_are_replaced_added_and_deleted_and_everything_else_stays(
    checkout: Checkout, repository: Repository, head: str
) -> None:
    content = b"\0raw\r\n"
    files = {"top.txt": None, "run.sh": ("100755", content), "new/place.bin": ("100644", content), "absent": None}

    tree = repository.tree_with(head, files)

    changed = {change.path: change.mode for change in repository.changes(head, tree)}
    assert changed == {"top.txt": "000000", "run.sh": "100755", "new/place.bin": "100644"}
    assert repository.read(tree, ["new/place.bin", "dir/file.txt"]) == {
        "new/place.bin": content,
        "dir/file.txt": b"file\n",
    }
    assert checkout.git("status", "--porcelain") == ""


@pytest.mark.parametrize("path", [".git/hooks/post-checkout", "../outside", "/absolute", "a//b"])
def test_a_path_that_is_none_of_the_repository_is_left_out(repository: Repository, head: str, path: str) -> None:
    assert repository.changes(head, repository.tree_with(head, {path: ("100644", b"")})) == []
