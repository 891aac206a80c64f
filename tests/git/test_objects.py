"""One git answers for as long as director works: it sees what came later, and what is no object is said to be none."""

import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from director.core.errors import GitError
from director.core.landed import Landed
from director.git.objects import Found, Objects
from director.git.repository import Repository
from director.git.slots import Slot
from director.git.trees import Entry
from tests.git.checkout import Checkout, tree_of
from tests.git.damage import replace, write


@pytest.fixture
def objects(repository: Repository) -> Objects:
    return Objects(repository.git)


def lasting() -> list[psutil.Process]:
    """Return the gits that last."""
    children = psutil.Process().children()
    alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if {"cat-file", "mktree", "hash-object"} & set(child.cmdline())]


def test_an_object_that_came_later_is_found(checkout: Checkout, objects: Objects, head: str) -> None:
    assert objects.find(head)

    later = checkout.commit("later", **{"later.txt": "later\n"})

    assert objects.read([later])[later]
    assert objects.find(f"{later}^1") == objects.find(head)


def test_objects_are_found_after_the_user_packed_them_again_and_again(checkout: Checkout, objects: Objects) -> None:
    for number in range(4):
        commit = checkout.commit(f"{number}", **{f"{number}.txt": f"{number}\n"})
        tree = objects.peel(f"{commit}^{{tree}}")
        checkout.git("repack", "-adq") if number % 2 else checkout.git("gc", "-q", "--prune=now")

        assert objects.content(tree)


def test_what_is_no_object_is_none(objects: Objects, head: str) -> None:
    assert objects.find("f" * 40) is objects.find(f"{head}^{{blob}}") is None
    assert objects.find(head) == Found(head, "commit", len(objects.content(head)))

    with pytest.raises(GitError, match="there is no object 'ffff"):
        objects.read([head, "f" * 40])


@pytest.mark.parametrize("name", ["HEAD", "main", "a\nb", f"{'f' * 40}\n{'e' * 40}", "", f"{'f' * 40}:top.txt"])
def test_only_whole_hashes_are_names(objects: Objects, name: str) -> None:
    with pytest.raises(GitError, match="names no object"):
        objects.find(name)


def test_many_objects_are_asked_for_at_once(checkout: Checkout, repository: Repository) -> None:
    files = {f"{number}": f"{number}\n" * number for number in range(300)}
    commit = checkout.commit(**files)

    assert repository.read(commit, files) == {path: content.encode() for path, content in files.items()}


def test_threads_share_one_git(checkout: Checkout, repository: Repository, head: str) -> None:
    before = len(lasting())

    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda _: repository.read(head, ["top.txt", "run.sh"]), range(100)))

    assert read == [{"top.txt": b"top\n", "run.sh": b"#!/bin/sh\n"}] * 100
    assert len(lasting()) == before + 1


def test_a_git_that_was_killed_is_started_again(repository: Repository, head: str) -> None:
    others = lasting()
    repository.parent(repository.commit_tree(tree_of(repository, head), parent=head, message="x"))
    for process in set(lasting()) - set(others):
        os.kill(process.pid, signal.SIGKILL)

    assert repository.read(head, ["top.txt"]) == {"top.txt": b"top\n"}


def test_a_spoiled_object_is_an_error_and_the_next_answer_is_right(
    checkout: Checkout, repository: Repository, head: str
) -> None:
    blob = checkout.git("rev-parse", "HEAD:run.sh")
    place = repository.common_dir / "objects" / blob[:2] / blob[2:]
    place.chmod(0o600)
    place.write_bytes(b"spoiled")

    with pytest.raises(GitError):
        repository.read(head, ["run.sh"])

    assert repository.read(head, ["top.txt"]) == {"top.txt": b"top\n"}


def test_nothing_runs_on_when_the_repository_is_closed(repository: Repository, head: str, slot: Slot) -> None:
    write(slot, "new.txt")
    others = len(lasting())
    repository.read(head, ["top.txt"])
    slot.snapshot(["new.txt"])

    repository.close()

    assert len(lasting()) <= others
    assert repository.read(head, ["top.txt"]) == {"top.txt": b"top\n"}


@pytest.mark.parametrize("packs", [False, True])
def test_a_ref_that_others_move_is_seen_at_once(
    checkout: Checkout, repository: Repository, head: str, packs: bool
) -> None:
    ref = "refs/heads/director/job-1"
    commits = [checkout.commit(str(number)) for number in range(5)]

    for commit in commits:
        checkout.git("update-ref", ref, commit)
        if packs:
            checkout.git("pack-refs", "--all")
        assert repository.tip(ref) == commit

    checkout.git("update-ref", "-d", ref)
    assert repository.tip(ref) is None


@pytest.mark.parametrize("content", ["", "ref: refs/heads/main\n", "f" * 40, "no hash\n"])
def test_a_ref_that_is_no_plain_one_means_what_git_takes_it_for(
    checkout: Checkout, repository: Repository, head: str, content: str
) -> None:
    place = repository.common_dir / "refs" / "heads" / "odd"
    place.write_text(content)

    assert repository.tip("refs/heads/odd") == (head if content.startswith("ref: ") else None)


def test_an_annotated_tag_leads_to_its_commit(checkout: Checkout, repository: Repository, head: str) -> None:
    checkout.git("tag", "-a", "-m", "annotated", "v1")

    assert repository.tip("refs/tags/v1") == head


def test_a_repository_of_longer_hashes_is_read(tmp_path: Path) -> None:
    checkout = Checkout.create(tmp_path / "longer", "--object-format=sha256")
    first = checkout.commit("first", **{"dir/a.txt": "a\n", "b.txt": "b\n"})
    second = checkout.commit("second", **{"dir/a.txt": "changed\n"})
    repository = Repository.open(checkout.root)
    slot = Slot(repository, tmp_path / "slots" / "agent-1")
    slot.prepare(second)
    write(slot, "dir/new.txt")

    assert repository.changed(first, second) == ["dir/a.txt"]
    assert repository.parent(second) == first
    assert repository.changed(second, slot.snapshot(["dir/new.txt"])) == ["dir/new.txt"]


def test_changes_are_those_that_git_names(checkout: Checkout, repository: Repository, head: str) -> None:
    shutil.rmtree(checkout.root / "dir" / "deep")
    (checkout.root / "top.txt").unlink()
    (checkout.root / "run.sh").unlink()
    (checkout.root / "link").symlink_to("nowhere")
    come = ("dir/deep", "top.txt/below", "top.txt/deep/er", "a-b", "a/b")
    after = checkout.commit(**dict.fromkeys(come, "come\n"))

    for before, now in ((head, after), (after, head)):
        listed = checkout.git("diff-tree", "-r", "--no-renames", "--name-only", before, now).splitlines()
        assert repository.changed(before, now) == listed


def test_trees_say_how_the_files_of_a_commit_stand(checkout: Checkout, repository: Repository, head: str) -> None:
    tree = repository.tree(head)

    assert repository.trees.find(tree, "run.sh") == Entry("100755", checkout.git("rev-parse", "HEAD:run.sh"))
    assert repository.trees.find(tree, "dir") == Entry("40000", checkout.git("rev-parse", "HEAD:dir"))


MESSAGES = [
    "Write x\n\nDirector-Task: run:x\nDirector-Inputs: b\nDirector-Work: c\nDirector-Undoes: run:y tests:y\n",
    "Write x\n\nand more\n\nDirector-Job: 1\nDirector-Task: run:x\n",
    "Write x\n\ndirector-task: run:x\nDIRECTOR-INPUTS:   b  \n",
    "Write x\n\nDirector-Task: run:x\nDirector-Inputs: b\nand a line that is none\n",
    "Write x\n\nDirector-Task: run:x\n continued\nDirector-Inputs: b\n",
    "Write x\n\nDirector-Task: run:x\nDirector-Task: run:y\n",
    "Write x\n\nDirector-Task: run:x\n---\nDirector-Task: run:y\n",
    "Write x\n\nDirector-Task : run:x\n\n\n",
    "Director-Task: run:x\n",
    "\nDirector-Task: run:x\n",
    "Write x\n \nDirector-Task: run:x\n",
    "Write x\n\nDirector-Task: run:ü\nSigned-off-by: Ada <ada@example.org>\n(cherry picked from commit abc)\n",
    "Write x\n\nDirector-Task:\nDirector-Inputs: b\n",
    "Write x\n\n# Director-Task: run:x\nDirector-Inputs: b\n",
    "Write x\n\nabout Director-Task: run:x\n",
]


@pytest.mark.parametrize("message", MESSAGES)
def test_trailers_are_what_git_takes_for_them(repository: Repository, head: str, message: str) -> None:
    commit = repository.commit_tree(tree_of(repository, head), parent=head, message=message)
    fields = [f"%(trailers:key=Director-{key},valueonly,separator=%x2C)" for key in ("Task", "Inputs")]
    task, _, inputs = repository.git.text("log", "-1", f"--format={'|'.join(fields)}", commit).partition("|")

    landed = repository.landed(head, commit)

    assert [(entry.task, entry.inputs) for entry in landed] == ([(task, inputs)] if task else [])


def test_a_long_branch_is_read_like_a_short_one(repository: Repository, head: str) -> None:
    tree, tip, expected = tree_of(repository, head), head, []
    for number in range(300):
        tip = repository.commit_tree(tree, parent=tip, message=f"x\n\nDirector-Task: run:{number}\n")
        expected.append(Landed(tip, f"run:{number}"))

    assert repository.landed(head, tip) == expected
    assert repository.landed(expected[-3].commit, tip) == expected[-2:]


@pytest.mark.parametrize("taken", [["new.txt"], ["a/b/new.txt", "top.txt"], ["dir/file.txt", "dir/deep/other.txt"]])
def test_a_snapshot_is_the_same_whether_attributes_may_bear_upon_it_or_not(
    repository: Repository, slot: Slot, taken: list[str]
) -> None:
    write(slot, "new.txt").chmod(0o755)
    write(slot, "a/b/new.txt")
    write(slot, "top.txt", "changed\n")
    replace(slot, "dir")

    plain = slot.snapshot(taken)
    (repository.common_dir / "info").mkdir(exist_ok=True)
    (repository.common_dir / "info" / "attributes").write_text("*.unknown text\n")

    assert slot.snapshot(taken) == plain
    assert repository.changed(slot.repository.commit("HEAD"), plain) == sorted(taken)


def test_a_snapshot_of_files_with_attributes_stores_them_as_the_commit_wants_it(
    checkout: Checkout, repository: Repository, slot: Slot
) -> None:
    commit = checkout.commit(**{"dir/.gitattributes": "*.txt text eol=crlf\n"})
    slot.prepare(commit)
    (slot.tree / "dir" / "deep" / "new.txt").write_bytes(b"one\r\ntwo\r\n")
    (slot.tree / "new.txt").write_bytes(b"one\r\ntwo\r\n")

    tree = slot.snapshot(["dir/deep/new.txt", "new.txt"])

    assert repository.read(tree, ["dir/deep/new.txt", "new.txt"]) == {
        "dir/deep/new.txt": b"one\ntwo\n",
        "new.txt": b"one\r\ntwo\r\n",
    }


def test_what_the_user_pruned_is_written_again(checkout: Checkout, repository: Repository, slot: Slot) -> None:
    checkout.git("update-ref", "refs/keep", checkout.commit(**{"new.txt": "rare\n"}))
    checkout.git("reset", "-q", "--hard", "HEAD^")
    checkout.git("reflog", "expire", "--expire=now", "--all")
    checkout.git("repack", "-adq")
    time.sleep(0.1)
    write(slot, "new.txt", "rare\n")
    first = slot.snapshot(["new.txt"])
    checkout.git("update-ref", "-d", "refs/keep")
    checkout.git("repack", "-adq")
    checkout.git("prune", "--expire=now")

    assert slot.snapshot(["new.txt"]) == first

    assert checkout.git("cat-file", "blob", f"{first}:new.txt") == "rare"
