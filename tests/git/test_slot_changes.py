"""What an agent left in a slot: the names of all that it changed, and the tree of what it may change."""

import os
import time
from pathlib import Path

import pytest

from director.git.repository import Repository
from director.git.slots import Slot
from tests.git.checkout import Checkout, git, tree_of
from tests.git.damage import DAMAGES, replace, write

NOT_SEEN = {
    "an empty directory is new",
    "a pipe is new",
    "git's directory is gone",
    "git's directory became a file",
    "git's directory became a link",
    "git's directory is empty",
    "a directory became a repository",
    "an agent left a lock",
    "an agent configured git",
    "an agent wrote a hook",
    "an agent stashed",
    "an agent removed everything from git",
}


def begin_of_a_second() -> None:
    """Wait so long that what follows happens within one second: git compares times by the second."""
    time.sleep(1.02 - time.time() % 1)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("a file is changed", ["top.txt"]),
        ("a file is changed with the same size and time", ["top.txt"]),
        ("a file is deleted", ["dir/file.txt"]),
        ("a directory is deleted", ["dir/deep/other.txt", "dir/file.txt"]),
        ("a file is made executable", ["top.txt"]),
        ("a file is no longer executable", ["run.sh"]),
        ("a file is new", ["new.txt"]),
        ("a file of an odd name is new", [":(glob)*\n'\"→"]),
        ("a directory is new", ["a/"]),
        ("an ignored file is new", ["x.log"]),
        ("an ignored directory is new", ["build/"]),
        ("ignore rules hide everything", [".gitignore", "hidden"]),
        ("a link is new", ["link"]),
        ("a file became a directory", ["top.txt"]),
        ("a file became a link", ["top.txt"]),
        ("a file became a pipe", ["top.txt"]),
        ("a directory became a file", ["dir", "dir/deep/other.txt", "dir/file.txt"]),
        ("a directory became a link", ["dir", "dir/deep/other.txt", "dir/file.txt"]),
        ("a repository is new", ["nested/"]),
        ("an agent committed", ["top.txt"]),
        ("an agent switched to a branch", ["top.txt"]),
        ("an agent set flags in the index", ["run.sh", "top.txt"]),
        ("the directory is gone", [".gitignore", "dir/deep/other.txt", "dir/file.txt", "run.sh", "top.txt"]),
        *[(name, []) for name in sorted(NOT_SEEN)],
    ],
)
def test_every_path_that_differs_is_named(slot: Slot, name: str, changes: list[str]) -> None:
    DAMAGES[name](slot)

    assert slot.changes() == changes


def test_a_directory_that_was_moved_and_linked_is_named(slot: Slot) -> None:
    DAMAGES["a directory was moved and linked"](slot)

    assert {"dir", "moved/"} <= set(slot.changes())


def test_a_change_within_the_second_of_the_checkout_is_seen(slot: Slot, head: str) -> None:
    begin_of_a_second()
    write(slot, "top.txt", "one\n")
    slot.prepare(head)
    with (slot.tree / "top.txt").open("r+") as file:
        file.write("pot\n")
    time.sleep(1.1)

    tree = slot.snapshot(["top.txt"])

    assert slot.changes() == ["top.txt"]
    assert slot.repository.read(tree, ["top.txt"]) == {"top.txt": b"pot\n"}
    assert git(slot.tree, "status", "--porcelain") == "M top.txt"


def test_a_directory_is_expanded_to_what_lies_below_it(slot: Slot) -> None:
    write(slot, "new/a")
    write(slot, "new/deep/b [x]")
    (slot.tree / "new" / "link").symlink_to("deep")
    (slot.tree / "new" / "empty").mkdir()

    assert slot.expand("new/") == ["new/a", "new/deep/b [x]", "new/link"]


def test_a_file_is_expanded_to_itself(slot: Slot) -> None:
    assert slot.expand("top.txt") == ["top.txt"]


def test_a_snapshot_takes_the_named_paths_and_nothing_else(slot: Slot, repository: Repository, head: str) -> None:
    for path in ("top.txt", "dir/file.txt", "new.txt", "other.txt", "x.log"):
        write(slot, path)

    tree = slot.snapshot(["top.txt", "new.txt", "x.log"])

    assert repository.changed(head, tree) == ["new.txt", "top.txt", "x.log"]
    assert repository.read(tree, ["new.txt"]) == {"new.txt": b"new\n"}


def test_a_snapshot_of_nothing_is_the_tree_of_the_commit(slot: Slot, repository: Repository, head: str) -> None:
    write(slot, "top.txt")

    assert slot.snapshot([]) == tree_of(repository, head)


def test_a_snapshot_deletes_what_is_gone_and_passes_over_what_never_was(
    slot: Slot, repository: Repository, head: str
) -> None:
    replace(slot, "top.txt")
    replace(slot, "dir")

    tree = slot.snapshot(["top.txt", "dir/file.txt", "never.txt", "never/there.txt"])

    assert repository.changed(head, tree) == ["dir/file.txt", "top.txt"]


def test_a_snapshot_keeps_whether_a_file_is_executable(slot: Slot, checkout: Checkout) -> None:
    write(slot, "new.sh").chmod(0o755)
    (slot.tree / "run.sh").chmod(0o644)

    tree = slot.snapshot(["new.sh", "run.sh"])

    modes = {line.split()[3]: line.split()[0] for line in checkout.git("ls-tree", tree).splitlines()}
    assert (modes["new.sh"], modes["run.sh"]) == ("100755", "100644")


@pytest.mark.parametrize(
    "name", ["-dash", ":(glob)*", "sp ace", "new\nline", "ünï", os.fsdecode(b"\xff"), "[x]", "a\\b"]
)
def test_a_snapshot_takes_files_of_any_name(slot: Slot, repository: Repository, name: str) -> None:
    write(slot, name)

    assert repository.read(slot.snapshot([name]), [name]) == {name: b"new\n"}


def test_a_snapshot_takes_a_file_in_the_place_of_a_directory(slot: Slot, repository: Repository) -> None:
    replace(slot, "dir").write_text("a file\n")

    tree = slot.snapshot(["dir", "dir/file.txt", "dir/deep/other.txt"])

    assert repository.read(tree, ["dir", "dir/file.txt"]) == {"dir": b"a file\n", "dir/file.txt": None}


def test_a_snapshot_takes_a_directory_in_the_place_of_a_file(slot: Slot, repository: Repository) -> None:
    replace(slot, "top.txt")
    write(slot, "top.txt/inside")

    tree = slot.snapshot(["top.txt/inside"])

    assert repository.read(tree, ["top.txt", "top.txt/inside"]) == {"top.txt": None, "top.txt/inside": b"new\n"}


def test_a_snapshot_takes_a_file_of_a_repository_that_an_agent_made(slot: Slot, repository: Repository) -> None:
    DAMAGES["a repository is new"](slot)

    tree = slot.snapshot(["nested/file"])

    assert repository.read(tree, ["nested/file"]) == {"nested/file": b"new\n"}


def test_a_snapshot_stores_bytes_as_they_are_whatever_attributes_an_agent_wrote(
    slot: Slot, repository: Repository
) -> None:
    write(slot, ".gitattributes", "* text=auto working-tree-encoding=UTF-16 filter=x\n")
    (slot.tree / "top.txt").write_bytes(b"one\r\ntwo\r\n")

    tree = slot.snapshot(["top.txt"])

    assert repository.read(tree, ["top.txt"]) == {"top.txt": b"one\r\ntwo\r\n"}


def test_a_snapshot_does_not_mind_what_an_agent_did_with_git(slot: Slot, repository: Repository, head: str) -> None:
    DAMAGES["an agent set flags in the index"](slot)
    DAMAGES["a killed director left a lock"](slot)
    git(slot.tree, "commit", "-q", "--allow-empty", "-m", "by an agent")

    assert repository.changed(head, slot.snapshot(["top.txt", "run.sh"])) == ["run.sh", "top.txt"]


def test_a_snapshot_leaves_the_slot_and_the_names_of_its_changes_alone(slot: Slot) -> None:
    write(slot, "top.txt")

    slot.snapshot(["top.txt"])

    assert slot.changes() == ["top.txt"]


def test_a_snapshot_of_a_directory_that_is_gone_deletes_its_files(
    slot: Slot, repository: Repository, head: str
) -> None:
    DAMAGES["the directory is gone"](slot)

    assert repository.changed(head, slot.snapshot(["top.txt"])) == ["top.txt"]


def test_a_snapshot_never_follows_a_link(slot: Slot, repository: Repository, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    replace(slot, "top.txt").symlink_to(secret)

    tree = slot.snapshot(["top.txt"])

    assert repository.read(tree, ["top.txt"]) == {"top.txt": None}


def test_what_is_no_regular_file_is_irregular(slot: Slot, tmp_path: Path) -> None:
    (slot.tree / "link").symlink_to("top.txt")
    (slot.tree / "dangling").symlink_to("nowhere")
    (slot.tree / "out").symlink_to(tmp_path)
    (slot.tree / "inner").symlink_to("dir")
    os.mkfifo(slot.tree / "pipe")
    paths = ["link", "dangling", "out/file", "inner/file.txt", "dir", "pipe"]

    assert slot.irregular([*paths, "top.txt", "missing", "dir/missing", "top.txt/below"]) == paths


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_cannot_be_read_is_irregular(slot: Slot) -> None:
    (slot.tree / "top.txt").chmod(0)
    (slot.tree / "dir").chmod(0)

    irregular = slot.irregular(["top.txt", "dir/file.txt", "run.sh"])

    (slot.tree / "dir").chmod(0o700)
    assert irregular == ["top.txt", "dir/file.txt"]
