"""A slot is made equal to a commit, whatever happened to it before."""

from pathlib import Path

import pytest

from director.git.removal import remove_tree
from director.git.repository import Repository
from director.git.slots import Slot
from tests.git.checkout import Checkout, fingerprint, git, tree_of
from tests.git.damage import DAMAGES, Damage, write


def standing(slot: Slot) -> dict[str, str]:
    """Return what stands in a slot, git's own directory aside; empty directories and permissions count."""
    directories = [path for path in slot.tree.rglob("*") if path.is_dir()]
    found = {str(path.relative_to(slot.tree)): f"{path.stat().st_mode:o}" for path in directories}
    found |= fingerprint(slot.tree)
    return {path: content for path, content in found.items() if path.split("/")[0] != ".git"}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_slot_is_made_equal_to_its_commit_again(slot: Slot, head: str, damage: Damage) -> None:
    before = standing(slot)
    users = fingerprint(slot.repository.root)
    damage(slot)

    slot.prepare(head)

    assert standing(slot) == before
    assert slot.changes() == []
    assert git(slot.tree, "status", "--porcelain", "--ignored") == ""
    assert git(slot.tree, "rev-parse", "HEAD") == head
    assert git(slot.tree, "for-each-ref") == ""
    assert fingerprint(slot.repository.root) == users


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_slot_is_made_equal_to_another_commit(checkout: Checkout, slot: Slot, tmp_path: Path, damage: Damage) -> None:
    (checkout.root / "run.sh").unlink()
    (checkout.root / "top.txt").unlink()
    other = checkout.commit("other", **{"dir/file.txt": "changed\n", "top.txt/file": "new\n"})
    fresh = Slot(slot.repository, tmp_path / "fresh")
    fresh.prepare(other)
    damage(slot)

    slot.prepare(other)

    assert standing(slot) == standing(fresh)
    assert slot.changes() == []


def test_what_stands_is_what_the_commit_holds(slot: Slot, repository: Repository, head: str) -> None:
    files = sorted(str(path.relative_to(slot.tree)) for path in slot.tree.rglob("*") if path.is_file())

    assert [path for path in files if not path.startswith(".git/")] == repository.files(head)
    assert (slot.tree / "dir" / "deep" / "other.txt").read_text() == "other\n"
    assert (slot.tree / "run.sh").stat().st_mode & 0o111


def test_files_that_are_as_they_should_be_are_not_written_again(slot: Slot, head: str) -> None:
    before = (slot.tree / "top.txt").stat()

    slot.prepare(head)

    after = (slot.tree / "top.txt").stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


def test_what_lies_in_the_directory_of_a_submodule_goes_too(checkout: Checkout, slot: Slot, head: str) -> None:
    checkout.git("update-index", "--add", "--cacheinfo", f"160000,{head},module")
    checkout.git("commit", "-qm", "a submodule")
    commit = checkout.git("rev-parse", "HEAD")
    slot.prepare(commit)
    write(slot, "module/file")
    write(slot, "module/.git", "gitdir: ../.git/modules/module\n")

    slot.prepare(commit)

    assert list((slot.tree / "module").iterdir()) == []
    assert slot.changes() == []


def test_line_ends_and_encodings_that_the_commit_asks_for_are_kept(checkout: Checkout, slot: Slot) -> None:
    checkout.write(".gitattributes", "*.bat text eol=crlf\n")
    checkout.write("x.bat", b"one\r\ntwo\r\n")
    commit = checkout.commit()

    slot.prepare(commit)

    assert (slot.tree / "x.bat").read_bytes() == b"one\r\ntwo\r\n"
    assert slot.changes() == []
    assert slot.snapshot(["x.bat"]) == tree_of(slot.repository, commit)


def test_files_stand_as_they_are_stored_where_a_filter_would_change_them(checkout: Checkout, slot: Slot) -> None:
    commit = checkout.commit(**{".gitattributes": "*.bin filter=lfs\n", "x.bin": "version https://git-lfs\n"})
    checkout.git("config", "filter.lfs.smudge", "false")
    checkout.git("config", "filter.lfs.required", "true")

    Slot(Repository.open(checkout.root), slot.directory).prepare(commit)

    assert (slot.tree / "x.bin").read_text() == "version https://git-lfs\n"


def test_a_slot_in_use_by_nobody_is_taken_over_by_the_next_director(
    repository: Repository, slot: Slot, head: str
) -> None:
    write(slot, "top.txt")
    inode = (slot.tree / "run.sh").stat().st_ino

    Slot(repository, slot.directory).prepare(head)

    assert slot.changes() == []
    assert (slot.tree / "run.sh").stat().st_ino == inode


def test_an_agent_sees_the_history_and_a_clean_checkout(slot: Slot) -> None:
    assert git(slot.tree, "log", "--format=%s") == "first"
    assert git(slot.tree, "status", "--porcelain=v2", "--ignored") == ""
    assert git(slot.tree, "diff", "HEAD") == ""


def test_a_tree_is_removed_whatever_its_permissions(tmp_path: Path) -> None:
    place = tmp_path / "tree" / "a" / "b"
    place.mkdir(parents=True)
    (place / "file").touch(0)
    place.chmod(0)
    place.parent.chmod(0o100)

    remove_tree(tmp_path / "tree")

    assert not (tmp_path / "tree").exists()


def test_removing_a_tree_leaves_what_its_links_point_to_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch(0o640)
    closed = tmp_path / "tree" / "closed"
    closed.mkdir(parents=True)
    (closed / "directory").symlink_to(outside)
    (closed / "file").symlink_to(outside / "file")
    closed.chmod(0o500)
    before = fingerprint(outside)

    remove_tree(tmp_path / "tree")

    assert not (tmp_path / "tree").exists()
    assert fingerprint(outside) == before


def test_removing_a_link_or_a_file_or_nothing_is_removing_just_that(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("directory")

    for name in ("file", "link", "missing"):
        remove_tree(tmp_path / name)

    assert [path.name for path in tmp_path.iterdir()] == ["directory"]
