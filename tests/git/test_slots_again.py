"""A slot that stands as it was left costs next to nothing, and nothing that was done to it is overlooked for that."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from director.git import files
from director.git.repository import Repository
from director.git.slots import Slot
from director.shell import processes
from tests.git.checkout import Checkout, fingerprint, git
from tests.git.damage import DAMAGES, Damage, write

SETTLED_SECONDS = 0.06


@pytest.fixture(params=["few files", "many files"])
def settled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, head: str) -> Slot:
    """A slot that was made equal to its commit so often that all of it is known by its stamps."""
    if request.param == "many files":
        monkeypatch.setattr(files, "MOST", 0)
    slot: Slot = request.getfixturevalue("slot")
    settle(slot, head)
    return slot


def settle(slot: Slot, commit: str) -> None:
    for _ in range(3):
        time.sleep(SETTLED_SECONDS)
        slot.prepare(commit)
    time.sleep(SETTLED_SECONDS)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The commands of git that were started since."""
    commands: list[str] = []
    capture = processes.capture

    def note(argv: list[str], **options: object) -> processes.Captured:
        commands.append(next(word for word in argv[1:] if not word.startswith("-")))
        return capture(argv, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(processes, "capture", note)
    return commands


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whatever_was_done_to_a_slot_that_had_settled_is_undone(settled: Slot, head: str, damage: Damage) -> None:
    before = fingerprint(settled.tree)
    modes = {path: path.stat().st_mode for path in settled.tree.rglob("*") if path.is_dir()}
    damage(settled)

    settled.prepare(head)

    index = {".git/index": fingerprint(settled.directory)["index"]}  # it tells when files were written
    assert fingerprint(settled.tree) == before | index
    assert {path: path.stat().st_mode for path in settled.tree.rglob("*") if path.is_dir()} == modes
    assert settled.changes() == []
    assert git(settled.tree, "status", "--porcelain", "--ignored") == ""


def test_a_slot_that_stands_at_its_commit_needs_no_git(slot: Slot, head: str, started: list[str]) -> None:
    settle(slot, head)
    started.clear()

    slot.prepare(head)

    assert started == []


def test_another_commit_costs_one_git(checkout: Checkout, slot: Slot, head: str, started: list[str]) -> None:
    other = checkout.commit("other", **{"dir/new.txt": "new\n"})
    started.clear()

    slot.prepare(other)
    write(slot, "dir/untracked.txt")
    slot.prepare(head)

    assert started == ["read-tree", "read-tree"]
    assert not (slot.tree / "dir" / "untracked.txt").exists()


def test_many_files_are_looked_at_by_one_git(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, head: str, started: list[str]
) -> None:
    monkeypatch.setattr(files, "MOST", 0)
    slot: Slot = request.getfixturevalue("slot")
    slot.prepare(head)
    started.clear()

    slot.prepare(head)

    assert started == ["diff-files"]


def test_a_file_that_comes_into_a_deep_directory_whose_time_is_set_back_goes(settled: Slot, head: str) -> None:
    deep = settled.tree / "dir" / "deep"
    before = deep.stat()
    write(settled, "dir/deep/hidden.txt")
    os.utime(deep, ns=(before.st_atime_ns, before.st_mtime_ns))

    settled.prepare(head)

    assert sorted(path.name for path in deep.iterdir()) == ["other.txt"]


def test_a_file_that_comes_at_once_after_the_slot_was_lent_goes(slot: Slot, head: str) -> None:
    slot.prepare(head)
    deep = slot.tree / "dir" / "deep"
    for number in range(20):
        (deep / f"{number}").touch()
        slot.prepare(head)
        assert sorted(path.name for path in deep.iterdir()) == ["other.txt"]


def test_a_file_that_is_changed_at_once_after_the_slot_was_lent_is_put_back(slot: Slot, head: str) -> None:
    for text in ("pot\n", "opt\n", "tpo\n", "pto\n") * 5:
        before = (slot.tree / "top.txt").stat()
        with (slot.tree / "top.txt").open("r+") as file:
            file.write(text)
        os.utime(slot.tree / "top.txt", ns=(before.st_atime_ns, before.st_mtime_ns))

        slot.prepare(head)

        assert (slot.tree / "top.txt").read_text() == "top\n"


def test_permissions_of_directories_are_put_back(settled: Slot, head: str) -> None:
    usual = (settled.tree / "dir").stat().st_mode
    (settled.tree / "dir" / "deep").chmod(0o777)
    (settled.tree / "dir").chmod(0o500)

    settled.prepare(head)

    assert {(settled.tree / path).stat().st_mode for path in ("dir", "dir/deep")} == {usual}


def test_a_directory_that_was_exchanged_for_its_double_is_cleared(settled: Slot, head: str) -> None:
    shutil.copytree(settled.tree / "dir", settled.directory.parent / "double", copy_function=shutil.copy2)
    shutil.rmtree(settled.tree / "dir")
    (settled.directory.parent / "double").rename(settled.tree / "dir")
    write(settled, "dir/deep/hidden.txt")

    settled.prepare(head)

    assert not (settled.tree / "dir" / "deep" / "hidden.txt").exists()


@pytest.mark.parametrize(
    "meddle",
    [
        lambda dot_git: write_into(dot_git / "hooks" / "post-checkout", "#!/bin/sh\n"),
        lambda dot_git: write_into(dot_git / "info" / "exclude", "*\n"),
        lambda dot_git: write_into(dot_git / "config", "[core]\n\tbare = true\n"),
        lambda dot_git: write_into(dot_git / "refs" / "heads" / "side", "0" * 40),
        lambda dot_git: write_into(dot_git / "objects" / "info" / "alternates", "/nowhere\n"),
        lambda dot_git: write_into(dot_git / "HEAD", "ref: refs/heads/main\n"),
        lambda dot_git: (dot_git / "index").unlink(),
        lambda dot_git: shutil.rmtree(dot_git / "refs" / "tags"),
        lambda dot_git: (dot_git / "config").unlink() or (dot_git / "config").mkdir(),
        lambda dot_git: (dot_git / "HEAD").unlink() or (dot_git / "HEAD").symlink_to("config"),
        lambda dot_git: (dot_git / "index").rename(dot_git / "x") or (dot_git / "index").symlink_to("x"),
    ],
)
def test_the_slots_own_repository_is_as_new_each_time(settled: Slot, head: str, meddle: Damage) -> None:
    before = fingerprint(settled.tree / ".git")
    meddle(settled.tree / ".git")  # type: ignore[arg-type]

    settled.prepare(head)

    assert fingerprint(settled.tree / ".git") == before
    assert git(settled.tree, "status", "--porcelain") == ""


def write_into(place: Path, content: str) -> None:
    place.parent.mkdir(exist_ok=True)
    place.write_text(content)


def test_what_another_name_leads_to_in_its_own_repository_is_made_anew(
    settled: Slot, head: str, tmp_path: Path
) -> None:
    for name in ("config", "HEAD", "index"):
        os.link(settled.tree / ".git" / name, tmp_path / name)

    settled.prepare(head)

    assert [(settled.tree / ".git" / name).stat().st_nlink for name in ("config", "HEAD", "index")] == [1, 1, 1]


def test_an_index_that_an_agent_exchanged_is_made_anew(checkout: Checkout, settled: Slot, head: str) -> None:
    write(settled, "top.txt", "pot\n")
    git(settled.tree, "add", "top.txt")
    shutil.copy(settled.tree / ".git" / "index", settled.index)

    assert settled.changes() == ["top.txt"]

    settled.prepare(head)

    assert (settled.tree / "top.txt").read_text() == "top\n"
    assert settled.changes() == []


def test_a_slot_that_could_not_be_prepared_is_made_equal_the_next_time(settled: Slot, head: str) -> None:
    before = fingerprint(settled.tree)
    write(settled, "top.txt")
    with pytest.raises(Exception, match="exited with"):
        settled.prepare("f" * 40)

    settled.prepare(head)

    assert {**fingerprint(settled.tree), ".git/index": ""} == {**before, ".git/index": ""}


def test_the_directory_of_a_submodule_is_emptied(checkout: Checkout, repository: Repository, settled: Slot) -> None:
    checkout.git("update-index", "--add", "--cacheinfo", f"160000,{repository.commit('HEAD')},dir/module")
    checkout.git("commit", "-qm", "a submodule")
    commit = checkout.git("rev-parse", "HEAD")
    settle(settled, commit)
    write(settled, "dir/module/file")

    settled.prepare(commit)

    assert list((settled.tree / "dir" / "module").iterdir()) == []


def test_a_slot_that_was_written_just_now_needs_no_git(
    checkout: Checkout, slot: Slot, head: str, started: list[str]
) -> None:
    other = checkout.commit("other", **{"dir/new.txt": "new\n"})
    settle(slot, head)
    slot.prepare(other)
    started.clear()

    slot.prepare(other)
    time.sleep(SETTLED_SECONDS)
    slot.prepare(other)

    assert started == []


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whatever_was_done_to_a_slot_that_was_written_just_now_is_undone(
    checkout: Checkout, slot: Slot, head: str, damage: Damage
) -> None:
    settle(slot, checkout.commit("other", **dict.fromkeys(["top.txt", "dir/middle.txt"], "other\n")))
    slot.prepare(head)
    before = fingerprint(slot.tree)
    damage(slot)

    slot.prepare(head)

    index = {".git/index": fingerprint(slot.directory)["index"]}  # it tells when files were written
    assert fingerprint(slot.tree) == before | index
    assert slot.changes() == []


def test_a_file_that_is_rewritten_in_the_moment_in_which_it_was_checked_out_is_undone(
    checkout: Checkout, slot: Slot, head: str
) -> None:
    settle(slot, checkout.commit("other", **{"top.txt": "TOP\n"}))
    slot.prepare(head)
    (slot.tree / "top.txt").write_text("TOP\n")  # as long, and maybe at the same tick of the clock

    slot.prepare(head)

    assert (slot.tree / "top.txt").read_text() == "top\n"


def test_a_file_that_is_made_executable_in_that_moment_is_none_afterwards(
    checkout: Checkout, slot: Slot, head: str
) -> None:
    settle(slot, checkout.commit("other", **{"top.txt": "other\n"}))
    slot.prepare(head)
    (slot.tree / "top.txt").chmod(0o755)

    slot.prepare(head)

    assert not os.access(slot.tree / "top.txt", os.X_OK)
