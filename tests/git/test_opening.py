"""Finding the repository around a directory, and saying why there is none that can be used."""

import os
from pathlib import Path

import pytest

from director.core.errors import ConfigError
from director.git.repository import Repository
from director.git.slots import Slot
from tests.git.checkout import Checkout, git


def failure(start: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        Repository.open(start)
    return str(caught.value)


def test_a_directory_that_is_missing_is_an_error(tmp_path: Path) -> None:
    missing = tmp_path / "missing"

    assert failure(missing) == (
        f"'{missing}' is not a directory\nhint: give --repo a directory inside a git repository"
    )


def test_a_directory_outside_of_any_repository_is_an_error(tmp_path: Path) -> None:
    assert failure(tmp_path) == (
        f"'{tmp_path}' is not inside a git repository\nhint: run 'git init' and commit, or use --repo"
    )


def test_a_bare_repository_is_an_error(tmp_path: Path) -> None:
    bare = Checkout.create(tmp_path / "bare", "--bare").root

    assert failure(bare) == f"'{bare}' is a bare repository\nhint: run director in a clone that has files"


def test_gits_own_directory_is_an_error(checkout: Checkout) -> None:
    inside = checkout.root / ".git"

    assert failure(inside) == f"'{inside}' is git's own directory\nhint: give --repo the directory that holds the files"


def test_a_repository_of_another_user_is_an_error_with_gits_own_remedy(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    said = failure(checkout.root)

    assert said.startswith(f"git does not trust '{checkout.root}': it belongs to another user\nhint: ")
    assert "safe.directory" in said


def test_without_git_the_error_says_what_to_install(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert failure(checkout.root) == "git was not found\nhint: install git 2.38 or newer and put it on PATH"


def test_an_old_git_is_an_error(checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\n[ \"$1\" = version ] && echo 'git version 2.37.9' && exit 0\nexit 129\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(old.parent), prepend=os.pathsep)

    assert failure(checkout.root) == "git is too old: git version 2.37.9\nhint: install git 2.38+"


def test_a_repository_without_a_commit_is_an_error_once_one_is_needed(tmp_path: Path) -> None:
    repository = Repository.open(Checkout.create(tmp_path / "empty").root)

    with pytest.raises(ConfigError) as caught:
        repository.commit("HEAD")

    assert str(caught.value) == "the repository has no commit yet\nhint: commit something: a job starts from HEAD"


def test_a_subdirectory_finds_the_root(checkout: Checkout) -> None:
    assert Repository.open(checkout.root / "dir" / "deep") == Repository(checkout.root, checkout.root / ".git")


@pytest.mark.parametrize("name", ["with space", "ünïcode", "quote'\"", "[glob]*", "-dash", "\u2028line", "$HOME;x"])
def test_a_repository_may_have_any_name(tmp_path: Path, name: str) -> None:
    checkout = Checkout.create(tmp_path / name)
    commit = checkout.commit(file="content\n")

    repository = Repository.open(checkout.root)

    assert repository.root == checkout.root
    assert repository.read(commit, ["file"]) == {"file": b"content\n"}


def test_a_repository_may_have_a_name_that_is_no_utf_8(tmp_path: Path) -> None:
    checkout = Checkout.create(tmp_path / os.fsdecode(b"caf\xe9"))
    commit = checkout.commit(file="content\n")
    slot = Slot(Repository.open(checkout.root), tmp_path / "slot")

    slot.prepare(commit)

    assert git(slot.tree, "show", "HEAD:file") == "content"


def test_a_linked_worktree_shares_the_repository_and_has_files_of_its_own(checkout: Checkout, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    checkout.git("worktree", "add", "-q", str(linked), "-b", "side")

    assert Repository.open(linked) == Repository(linked, checkout.root / ".git")


def test_a_linked_worktree_of_a_bare_repository_works(checkout: Checkout, head: str, tmp_path: Path) -> None:
    bare, linked = tmp_path / "bare.git", tmp_path / "linked"
    git(tmp_path, "clone", "-q", "--bare", str(checkout.root), str(bare))
    git(bare, "worktree", "add", "-q", str(linked))
    repository = Repository.open(linked)
    slot = Slot(repository, tmp_path / "slot")

    slot.prepare(head)

    assert repository.common_dir == bare
    assert (slot.tree / "top.txt").read_text() == "top\n"
    assert slot.changes() == []


def test_a_repository_whose_git_directory_is_elsewhere_works(tmp_path: Path) -> None:
    checkout = Checkout.create(tmp_path / "files", "--separate-git-dir", str(tmp_path / "elsewhere.git"))
    commit = checkout.commit(file="content\n")
    repository = Repository.open(checkout.root)
    slot = Slot(repository, tmp_path / "slot")

    slot.prepare(commit)

    assert repository == Repository(checkout.root, tmp_path / "elsewhere.git")
    assert slot.changes() == []


def test_a_submodule_is_a_repository_like_any_other(checkout: Checkout, head: str, tmp_path: Path) -> None:
    outer = Checkout.create(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(checkout.root), "inner")
    repository = Repository.open(outer.root / "inner")
    slot = Slot(repository, tmp_path / "slot")

    slot.prepare(head)
    (slot.tree / "top.txt").write_text("changed\n")

    assert repository.root == outer.root / "inner"
    assert slot.changes() == ["top.txt"]
    assert repository.read(head, ["top.txt"]) == {"top.txt": b"top\n"}


def test_a_shallow_clone_works(checkout: Checkout, tmp_path: Path) -> None:
    head = checkout.commit("second", **{"top.txt": "second\n"})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{checkout.root}", "shallow")
    repository = Repository.open(tmp_path / "shallow")
    slot = Slot(repository, tmp_path / "slot")

    slot.prepare(head)

    assert git(slot.tree, "log", "--format=%s") == "second"
    assert git(slot.tree, "status", "--porcelain") == ""


def test_a_clone_that_borrows_objects_works(checkout: Checkout, head: str, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--shared", str(checkout.root), "borrowing")
    slot = Slot(Repository.open(tmp_path / "borrowing"), tmp_path / "slot")

    slot.prepare(head)

    assert git(slot.tree, "log", "--format=%s") == "first"


def test_a_repository_with_sha256_works(tmp_path: Path) -> None:
    checkout = Checkout.create(tmp_path / "sha256", "--object-format=sha256")
    commit = checkout.commit(file="content\n")
    slot = Slot(Repository.open(checkout.root), tmp_path / "slot")

    slot.prepare(commit)
    (slot.tree / "file").write_text("changed\n")
    git(slot.tree, "commit", "-qam", "by an agent")

    assert slot.changes() == ["file"]
    assert len(slot.snapshot(["file"])) == 64


def test_a_sparse_checkout_does_not_make_slots_sparse(checkout: Checkout, head: str, tmp_path: Path) -> None:
    checkout.git("sparse-checkout", "set", "--cone", "--sparse-index", "other")
    repository = Repository.open(checkout.root)
    slot = Slot(repository, tmp_path / "slot")

    slot.prepare(head)

    assert not (checkout.root / "dir").exists()
    assert (slot.tree / "dir" / "file.txt").exists()
    assert slot.changes() == []
    assert not repository.has_uncommitted_work()


def test_callers_that_run_inside_a_git_hook_do_not_change_which_repository_is_meant(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Checkout.create(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.root))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git" / "index"))

    assert Repository.open(checkout.root).root == checkout.root
