"""Combining two commits without a checkout."""

import pytest

from director.core.errors import GitError, MergeConflict
from director.git.repository import Repository
from tests.git.checkout import Checkout


def branch(checkout: Checkout, name: str, **files: str | None) -> str:
    """Commit files on a branch from main; None deletes one."""
    checkout.git("checkout", "-q", "-B", name, "main")
    for path, content in files.items():
        (checkout.root / path).unlink(missing_ok=True)
        if content is not None:
            checkout.write(path, content)
    commit = checkout.commit(name)
    checkout.git("checkout", "-q", "main")
    return commit


def conflict(repository: Repository, ours: str, theirs: str) -> str:
    with pytest.raises(MergeConflict) as caught:
        repository.merge_trees(ours, theirs)
    return str(caught.value)


def test_changes_of_different_files_are_combined(checkout: Checkout, repository: Repository) -> None:
    ours = branch(checkout, "ours", **{"a.txt": "a\n", "top.txt": "ours\n"})
    theirs = branch(checkout, "theirs", **{"b.txt": "b\n"})

    tree = repository.merge_trees(ours, theirs)

    assert repository.read(tree, ["a.txt", "b.txt", "top.txt"]) == {
        "a.txt": b"a\n",
        "b.txt": b"b\n",
        "top.txt": b"ours\n",
    }


def test_changes_of_different_places_of_a_file_are_combined(checkout: Checkout, repository: Repository) -> None:
    lines = "1\n2\n3\n4\n5\n6\n7\n"
    checkout.commit(lines=lines)
    ours = branch(checkout, "ours", lines="first\n" + lines)
    theirs = branch(checkout, "theirs", lines=lines + "last\n")

    tree = repository.merge_trees(ours, theirs)

    assert repository.read(tree, ["lines"]) == {"lines": f"first\n{lines}last\n".encode()}


def test_combining_moves_nothing(checkout: Checkout, repository: Repository, head: str) -> None:
    ours, theirs = branch(checkout, "ours", a="a\n"), branch(checkout, "theirs", b="b\n")
    refs = checkout.git("for-each-ref")

    repository.merge_trees(ours, theirs)

    assert checkout.git("for-each-ref") == refs
    assert checkout.git("status", "--porcelain") == ""


def test_a_conflict_names_the_file_and_no_file_that_combined(checkout: Checkout, repository: Repository) -> None:
    checkout.commit(lines="1\n2\n3\n4\n5\n6\n7\n")
    ours = branch(checkout, "ours", **{"lines": "ours\n2\n3\n4\n5\n6\n7\n", "näme with space": "ours\n"})
    theirs = branch(checkout, "theirs", **{"lines": "1\n2\n3\n4\n5\n6\ntheirs\n", "näme with space": "theirs\n"})

    assert conflict(repository, ours, theirs) == (
        "the change does not combine with the job branch: CONFLICT (add/add): Merge conflict in näme with space"
    )


def test_a_change_of_a_deleted_file_is_a_conflict(checkout: Checkout, repository: Repository) -> None:
    ours = branch(checkout, "ours", **{"top.txt": None})
    theirs = branch(checkout, "theirs", **{"top.txt": "changed\n"})

    said = conflict(repository, ours, theirs)

    assert "CONFLICT (modify/delete): top.txt deleted in" in said


def test_a_file_in_the_place_of_a_directory_is_a_conflict(checkout: Checkout, repository: Repository) -> None:
    ours = branch(checkout, "ours", place="a file\n")
    theirs = branch(checkout, "theirs", **{"place/inside": "below\n"})

    said = conflict(repository, ours, theirs)

    assert "CONFLICT (file/directory): directory in the way of place" in said


def test_every_conflict_is_named(checkout: Checkout, repository: Repository) -> None:
    ours = branch(checkout, "ours", a="ours\n", b="ours\n")
    theirs = branch(checkout, "theirs", a="theirs\n", b="theirs\n")

    said = conflict(repository, ours, theirs)

    assert said.endswith("CONFLICT (add/add): Merge conflict in a; CONFLICT (add/add): Merge conflict in b")


def test_what_is_no_commit_is_another_error_than_a_conflict(repository: Repository, head: str) -> None:
    with pytest.raises(GitError):
        repository.merge_trees(head, "f" * 40)


def test_a_commit_with_a_second_parent_is_read_by_its_first(
    checkout: Checkout, repository: Repository, head: str
) -> None:
    ours, theirs = branch(checkout, "ours", a="a\n"), branch(checkout, "theirs", b="b\n")
    message = "update\n\nDirector-Task: update\nDirector-Inputs: x\n"

    merged = repository.commit_tree(repository.merge_trees(ours, theirs), parent=ours, merged=theirs, message=message)

    assert repository.parent(merged) == ours
    assert [entry.task for entry in repository.landed(head, merged)] == ["update"]
    assert repository.changed(repository.parent(merged), merged) == ["b"]


def test_commits_that_build_on_a_tip_are_not_beside_it(checkout: Checkout, repository: Repository, head: str) -> None:
    ours, theirs = branch(checkout, "ours", a="a\n"), branch(checkout, "theirs", b="b\n")
    checkout.git("checkout", "-q", "ours")
    checkout.git("merge", "-q", "--no-edit", "theirs")
    combined = checkout.commit("further", c="c\n")

    assert repository.beside(ours, combined) == [theirs]
    assert repository.beside(ours, theirs) == [theirs]
    assert repository.beside(combined, theirs) == []


def test_the_last_common_commit_is_found(checkout: Checkout, repository: Repository, head: str) -> None:
    ours, theirs = branch(checkout, "ours", a="a\n"), branch(checkout, "theirs", b="b\n")
    stray = checkout.git("commit-tree", "main^{tree}", "-m", "stray")

    assert repository.merge_base(ours, theirs) == head
    assert repository.merge_base(ours, stray) is None


def test_the_last_change_of_a_file_is_found_on_the_side_of_a_merge_that_made_it(
    checkout: Checkout, repository: Repository, head: str
) -> None:
    ours, theirs = branch(checkout, "ours", a="a\n", lock="1\n"), branch(checkout, "theirs", b="b\n")
    tree = repository.merge_trees(ours, theirs)
    merged = repository.commit_tree(tree, parent=ours, merged=theirs, message="update")

    assert repository.last_change(head, merged, ["lock"]) == ours
    assert repository.last_change(head, merged, ["b"]) == theirs
    assert repository.last_change(head, merged, ["a", "b"]) == merged


def combine(checkout: Checkout, repository: Repository, ours: str, theirs: str) -> str:
    return repository.combine(ours, theirs, base=checkout.git("rev-parse", "main"))


def test_what_only_one_changed_is_combined_as_git_merges_it(checkout: Checkout, repository: Repository) -> None:
    checkout.commit("main", kept="kept\n", gone="gone\n", changed="1\n")
    ours = branch(checkout, "ours", **{"top.txt": "ours\n", "a/new.txt": "ours\n"})
    theirs = branch(checkout, "theirs", **{"changed": "2\n", "gone": None, "a/other.txt": "theirs\n"})

    assert combine(checkout, repository, ours, theirs) == repository.merge_trees(ours, theirs)


def test_what_both_changed_is_merged(checkout: Checkout, repository: Repository) -> None:
    lines = "1\n2\n3\n4\n5\n6\n7\n"
    checkout.commit("main", lines=lines)
    ours = branch(checkout, "ours", lines="first\n" + lines)
    theirs = branch(checkout, "theirs", lines=lines + "last\n")

    assert repository.read(combine(checkout, repository, ours, theirs), ["lines"]) == {
        "lines": f"first\n{lines}last\n".encode()
    }


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"top.txt": "ours\n"}, {"top.txt": "theirs\n"}),
        ({"top.txt": None}, {"top.txt": "theirs\n"}),
        ({"a": "a file\n"}, {"a/b": "below it\n"}),
        ({"a/b": "below it\n"}, {"a": "a file\n"}),
    ],
)
def test_what_does_not_go_together_is_a_conflict(
    checkout: Checkout, repository: Repository, ours: dict[str, str | None], theirs: dict[str, str | None]
) -> None:
    one, other = branch(checkout, "ours", **ours), branch(checkout, "theirs", **theirs)

    with pytest.raises(MergeConflict):
        combine(checkout, repository, one, other)


def test_a_file_that_the_other_renamed_is_changed_where_it_is_now(checkout: Checkout, repository: Repository) -> None:
    lines = "".join(f"{number}\n" for number in range(20))
    checkout.commit("main", old=lines)
    ours = branch(checkout, "ours", old=None, new=lines)
    theirs = branch(checkout, "theirs", old=f"{lines}last\n")

    tree = combine(checkout, repository, ours, theirs)

    assert repository.read(tree, ["old", "new"]) == {"old": None, "new": f"{lines}last\n".encode()}
