"""Commits and refs: what they name, and moving them only if nobody else did."""

import threading
import time
from pathlib import Path

import pytest

from director.core.errors import ConfigError, GitError, TipMoved
from director.core.landed import Landed
from director.git.repository import Repository
from tests.git.checkout import Checkout, tree_of

REF = "refs/heads/director/job-1"


def commit_on(repository: Repository, parent: str, message: str) -> str:
    return repository.commit_tree(tree_of(repository, parent), parent=parent, message=message)


@pytest.mark.parametrize("revision", ["HEAD", "main", "refs/heads/main", "v1", "@", "HEAD^0"])
def test_a_revision_names_a_commit(checkout: Checkout, repository: Repository, head: str, revision: str) -> None:
    checkout.git("tag", "-a", "-m", "annotated", "v1")

    assert repository.commit(revision) == head


@pytest.mark.parametrize("revision", ["nothing", "HEAD:top.txt", "main..main", "", "--all", "f" * 40, "a b"])
def test_what_names_no_commit_is_an_error(repository: Repository, revision: str) -> None:
    with pytest.raises(ConfigError) as caught:
        repository.commit(revision)

    assert str(caught.value) == (f"'{revision}' is not a commit of this repository\nhint: give a branch, tag or commit")


def test_head_of_a_linked_worktree_is_its_own(checkout: Checkout, tmp_path: Path) -> None:
    checkout.git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "side")
    linked = Checkout(tmp_path / "linked")
    side = linked.commit("on the side")

    assert Repository.open(linked.root).commit("HEAD") == side
    assert Repository.open(checkout.root).commit("HEAD") != side


def test_a_replaced_commit_is_read_as_it_is(checkout: Checkout, repository: Repository, head: str) -> None:
    other = checkout.commit("another", **{"top.txt": "replaced\n"})
    checkout.git("replace", head, other)

    assert repository.read(head, ["top.txt"]) == {"top.txt": b"top\n"}


def test_a_ref_that_is_missing_has_no_tip(repository: Repository) -> None:
    assert repository.tip(REF) is None


def test_a_ref_is_made_only_if_it_does_not_exist(repository: Repository, head: str) -> None:
    repository.move(REF, head, old=None)

    with pytest.raises(TipMoved, match="was moved by somebody else"):
        repository.move(REF, commit_on(repository, head, "x"), old=None)

    assert repository.tip(REF) == head


def test_a_ref_moves_from_where_it_was_seen(repository: Repository, head: str) -> None:
    repository.move(REF, head, old=None)
    following = commit_on(repository, head, "x")

    repository.move(REF, following, old=head)

    assert repository.tip(REF) == following


def test_a_ref_that_somebody_else_moved_does_not_move(repository: Repository, head: str) -> None:
    theirs, ours = commit_on(repository, head, "theirs"), commit_on(repository, head, "ours")
    repository.move(REF, theirs, old=None)

    with pytest.raises(TipMoved):
        repository.move(REF, ours, old=head)

    assert repository.tip(REF) == theirs


def test_a_ref_that_somebody_else_deleted_does_not_come_back(repository: Repository, head: str) -> None:
    with pytest.raises(TipMoved):
        repository.move(REF, commit_on(repository, head, "x"), old=head)

    assert repository.tip(REF) is None


def test_a_ref_that_cannot_be_written_is_another_error_than_a_lost_race(checkout: Checkout, head: str) -> None:
    checkout.git("branch", "director")
    repository = Repository.open(checkout.root)

    with pytest.raises(GitError, match="refs/heads/director"):
        repository.move(REF, head, old=None)


def test_a_kept_ref_is_listed_below_its_prefix_until_it_is_deleted(repository: Repository, head: str) -> None:
    repository.keep("refs/director/job/a/1", head)
    repository.keep("refs/director/job/b/1", head)
    repository.keep("refs/director/other/a/1", head)

    repository.delete("refs/director/job/b/1")

    assert repository.refs("refs/director/job/") == {"refs/director/job/a/1": head}


def test_a_symbolic_ref_is_replaced_and_what_it_points_to_is_left_alone(
    checkout: Checkout, repository: Repository, head: str
) -> None:
    checkout.git("symbolic-ref", REF, "refs/heads/main")

    repository.keep(REF, commit_on(repository, head, "x"))

    assert checkout.git("rev-parse", "main") == head


def test_a_commit_has_its_tree_its_parent_and_its_message_whole(checkout: Checkout, head: str) -> None:
    repository = Repository.open(checkout.root)
    message = "Überschrift → x\n\n# no comment\nbody\n\nDirector-Task: run:x\n"

    commit = commit_on(repository, head, message)

    assert repository.parent(commit) == head
    assert tree_of(repository, commit) == tree_of(repository, head)
    assert checkout.git("log", "-1", "--format=%B", commit) == message.strip()


def test_the_commits_of_ours_are_read_from_their_trailers_oldest_first(repository: Repository, head: str) -> None:
    tests = commit_on(repository, head, "tests: x\n\nDirector-Job: 1\nDirector-Task: tests:x\nDirector-Inputs: a\n")
    theirs = commit_on(repository, tests, "by hand\n\nSigned-off-by: Ada <ada@example.org>\n")
    node = commit_on(repository, theirs, "Write x\n\nDirector-Task: run:x\nDirector-Inputs: b\nDirector-Work: c\n")

    assert repository.landed(head, node) == [
        Landed(tests, task="tests:x", inputs="a", work=""),
        Landed(node, task="run:x", inputs="b", work="c"),
    ]


def test_a_commit_says_which_tasks_it_undoes(repository: Repository, head: str) -> None:
    undoing = commit_on(repository, head, "Take x back\n\nDirector-Task: revert:x\nDirector-Undoes: run:x tests:x\n")

    assert repository.landed(head, undoing) == [Landed(undoing, task="revert:x", undoes=("run:x", "tests:x"))]


def test_trailers_in_the_middle_of_a_message_are_no_trailers(repository: Repository, head: str) -> None:
    quoting = commit_on(repository, head, "x\n\nDirector-Task: run:x\nDirector-Inputs: b\n\nas I said above.\n")

    assert repository.landed(head, quoting) == []


def test_only_the_line_of_the_branch_is_read(checkout: Checkout, repository: Repository, head: str) -> None:
    side = commit_on(repository, head, "x\n\nDirector-Task: run:side\nDirector-Inputs: b\n")
    main = commit_on(repository, head, "y\n\nDirector-Task: run:main\nDirector-Inputs: b\n")
    merge = checkout.git("commit-tree", tree_of(repository, head), "-p", main, "-p", side, "-m", "merge")

    assert [landed.task for landed in repository.landed(head, merge)] == ["run:main"]


def test_a_ref_of_ours_is_dropped_without_a_lock_on_all_refs(repository: Repository, head: str) -> None:
    repository.keep("refs/director/job/a/1", head)
    repository.keep("refs/director/job/b/1", head)
    (repository.common_dir / "packed-refs.lock").touch()

    repository.drop("refs/director/job/a/1")
    repository.drop("refs/director/job/a/1")

    assert repository.refs("refs/director/") == {"refs/director/job/b/1": head}


def test_a_ref_that_was_packed_stays_where_dropping_it_would_lock_all(
    checkout: Checkout, repository: Repository, head: str
) -> None:
    repository.keep("refs/director/job/a/1", head)
    checkout.git("pack-refs", "--all")

    repository.drop("refs/director/job/a/1")

    assert repository.refs("refs/director/") == {"refs/director/job/a/1": head}


def test_locks_that_a_killed_git_left_on_our_refs_go_and_those_of_others_stay(
    checkout: Checkout, repository: Repository, head: str
) -> None:
    repository.move(REF, head, old=None)
    repository.keep("refs/director/job-1/alpha/1", head)
    names = [f"{REF}.lock", "refs/director/job-1/alpha/1.lock", "refs/heads/main.lock", "refs/director/job-2.lock"]
    locks = [repository.common_dir / name for name in names]
    for lock in locks:
        lock.touch()

    repository.unlock(REF, "refs/director/job-1/")

    assert [lock.exists() for lock in locks] == [False, False, True, True]
    repository.move(REF, commit_on(repository, head, "x"), old=head)


def test_where_there_are_no_refs_of_ours_there_is_nothing_to_unlock(repository: Repository) -> None:
    repository.unlock(REF, "refs/director/job-1/")

    assert repository.tip(REF) is None


def test_a_lock_that_goes_by_itself_is_waited_for(repository: Repository, head: str) -> None:
    repository.move(REF, head, old=None)
    lock = repository.common_dir / f"{REF}.lock"
    lock.touch()
    holder = threading.Timer(0.2, lock.unlink)
    holder.start()

    repository.unlock(REF, "refs/director/job-1/")
    holder.join()

    assert not lock.exists()


@pytest.mark.parametrize("message", ["one line", "Überschrift\n\nDirector-Task: run:x\n", "x\n\n\n"])
def test_a_commit_is_the_one_that_git_would_make(
    checkout: Checkout, repository: Repository, head: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.git("config", "user.name", "  Ada <of> Ü, ")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "1700000000 +0530")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1700000001 -0200")
    tree, side = tree_of(repository, head), checkout.commit("beside")
    expected = repository.git("commit-tree", tree, "-p", head, "-p", side, "-F", "-", stdin=message.encode())

    made = repository.commit_tree(tree, parent=head, merged=side, message=message)

    assert made == expected.decode().strip()


def test_a_commit_is_made_now(
    checkout: Checkout, repository: Repository, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_AUTHOR_DATE", raising=False)
    monkeypatch.delenv("GIT_COMMITTER_DATE", raising=False)
    before = int(time.time())

    commits = [commit_on(repository, head, "x")]
    time.sleep(1.1)
    commits.append(commit_on(repository, head, "x"))

    times = [int(checkout.git("show", "-s", "--format=%ct", commit)) for commit in commits]
    assert before <= times[0] < times[1] <= time.time()
