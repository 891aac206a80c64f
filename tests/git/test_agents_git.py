"""What an agent does with git in a slot stays there."""

from pathlib import Path

import pytest

from director.git.slots import Slot
from tests.git.checkout import Checkout, fingerprint, git
from tests.git.damage import DAMAGES, write


@pytest.fixture
def lived_in(checkout: Checkout, tmp_path: Path) -> Checkout:
    """A checkout with a branch, a stash, a linked worktree, a hook, and uncommitted work."""
    checkout.git("branch", "side")
    checkout.git("config", "user.name", "Ada Lovelace")
    checkout.write("top.txt", "stashed\n")
    checkout.git("stash")
    checkout.git("worktree", "add", "-q", str(tmp_path / "linked"), "side")
    checkout.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n", executable=True)
    checkout.write("dir/file.txt", "staged\n")
    checkout.git("add", "dir/file.txt")
    checkout.write("top.txt", "not staged\n")
    checkout.write("untracked.txt")
    return checkout


def test_the_users_repository_is_byte_for_byte_as_before(lived_in: Checkout, slot: Slot, tmp_path: Path) -> None:
    before = fingerprint(tmp_path / "repository") | fingerprint(tmp_path / "linked")
    listed = lived_in.git("worktree", "list"), lived_in.git("stash", "list"), lived_in.git("config", "--list")

    write(slot, "top.txt", "by an agent\n")
    git(slot.tree, "commit", "-qam", "by an agent")
    git(slot.tree, "checkout", "-q", "-B", "main")
    git(slot.tree, "branch", "-f", "side")
    git(slot.tree, "tag", "v1")
    write(slot, "dir/file.txt", "by an agent\n")
    git(slot.tree, "stash")
    git(slot.tree, "stash", "drop")
    git(slot.tree, "config", "user.name", "Mallory")
    git(slot.tree, "worktree", "add", "-q", str(tmp_path / "agents"), "-b", "other")
    git(slot.tree, "worktree", "prune")
    git(slot.tree, "gc", "--quiet", "--prune=now")
    git(slot.tree, "reflog", "expire", "--expire=now", "--all")
    DAMAGES["an agent wrote a hook"](slot)

    assert fingerprint(tmp_path / "repository") | fingerprint(tmp_path / "linked") == before
    assert (lived_in.git("worktree", "list"), lived_in.git("stash", "list"), lived_in.git("config", "--list")) == listed


def test_preparing_and_looking_at_a_slot_writes_nothing_into_the_users_repository(
    lived_in: Checkout, slot: Slot, head: str
) -> None:
    before = fingerprint(lived_in.root)

    write(slot, "top.txt")
    slot.changes()
    slot.prepare(head)

    assert fingerprint(lived_in.root) == before


def test_a_snapshot_writes_objects_and_nothing_else_into_the_users_repository(lived_in: Checkout, slot: Slot) -> None:
    before = fingerprint(lived_in.root)
    write(slot, "top.txt")

    slot.snapshot(["top.txt"])

    changed = dict(fingerprint(lived_in.root).items() - before.items())
    assert len(changed) == 2
    assert all(path.startswith(".git/objects/") for path in changed)


def test_looking_at_uncommitted_work_writes_nothing(lived_in: Checkout, slot: Slot) -> None:
    (lived_in.root / "run.sh").touch()
    before = fingerprint(lived_in.root)

    assert slot.repository.has_uncommitted_work()
    assert fingerprint(lived_in.root) == before


def test_objects_that_an_agent_made_are_gone_with_its_slot(lived_in: Checkout, slot: Slot, head: str) -> None:
    DAMAGES["an agent committed"](slot)
    commit = git(slot.tree, "rev-parse", "HEAD")

    slot.prepare(head)

    assert slot.repository.tip(commit) is None
