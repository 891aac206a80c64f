"""Which paths the ignore rules of a commit cover."""

import os

import pytest

from director.git.ignored import ignored_paths
from director.git.repository import Repository
from tests.git.checkout import Checkout

ODD = ["sp ace", "-dash", ":(glob)x", ":!x", "[x]", "new\nline", "ünï", "a\\b", "#hash", "!bang", os.fsdecode(b"\xff")]


def ignored(checkout: Checkout, rules: dict[str, str], paths: list[str], further: tuple[str, ...] = ()) -> list[str]:
    """Return those of the paths, in order, that rules cover which are committed."""
    commit = checkout.commit("rules", **rules)
    found = ignored_paths(Repository.open(checkout.root), commit, paths, further=further)
    return [path for path in paths if path in found]


@pytest.mark.parametrize(
    ("rules", "covered", "free"),
    [
        ("*.log\n", ["x.log", "dir/x.log", "a/b/c/x.log"], ["x.log.txt", "log"]),
        ("/top\n", ["top", "top/below"], ["dir/top"]),
        ("build/\n", ["build/", "build/x", "dir/build/x"], ["build", "rebuild/x"]),
        ("build\n", ["build", "build/", "build/x"], ["rebuild"]),
        ("*.log\n!keep.log\n", ["x.log"], ["keep.log", "dir/keep.log"]),
        ("/dir/*\n!/dir/kept\n", ["dir/other", "dir/other/x"], ["dir/kept", "dir/kept/x"]),
        ("**/cache/**\n", ["cache/x", "a/cache/b/x"], ["cache"]),
        ("# a comment\n\n\\#hash\n\\!bang\nsp\\ ace\n", ["#hash", "!bang", "sp ace"], ["# a comment", "hash"]),
        ("*.LOG\n", ["x.LOG"], ["x.log"]),
        ("", [], ["x", "x/"]),
    ],
)
def test_the_rules_of_a_commit_are_applied_as_git_does(
    checkout: Checkout, rules: str, covered: list[str], free: list[str]
) -> None:
    assert ignored(checkout, {".gitignore": rules}, [*free, *covered]) == covered


def test_nested_rules_count_below_their_directory_and_before_those_above(checkout: Checkout) -> None:
    rules = {".gitignore": "*.log\n", "dir/.gitignore": "!keep.log\n/only\n", "dir/deep/.gitignore": "*.log\n"}
    paths = ["dir/keep.log", "keep.log", "dir/deep/keep.log", "dir/only", "only", "dir/deep/only"]

    assert ignored(checkout, rules, paths) == ["keep.log", "dir/deep/keep.log", "dir/only"]


def test_the_rules_of_the_checkout_do_not_count(checkout: Checkout, repository: Repository, head: str) -> None:
    checkout.write(".gitignore", "*.txt\n")
    checkout.write("dir/.gitignore", "*\n")

    assert ignored_paths(repository, head, ["a.txt", "dir/x", "x.log"], further=()) == {"x.log"}


def test_the_rules_of_the_users_clone_and_of_the_user_do_not_count(
    checkout: Checkout, repository: Repository, head: str
) -> None:
    checkout.write(".git/info/exclude", "*.txt\n")
    checkout.git("config", "--global", "core.excludesFile", str(checkout.write("../everything", "*\n")))

    assert ignored_paths(repository, head, ["a.txt", "x.log"], further=()) == {"x.log"}


def test_a_tracked_file_is_covered_like_any_other(checkout: Checkout) -> None:
    assert ignored(checkout, {".gitignore": "*.txt\n"}, ["top.txt", "run.sh"]) == ["top.txt"]


def test_further_patterns_count_everywhere_and_after_the_rules_of_the_commit(checkout: Checkout) -> None:
    paths = ["x.pyc", "dir/x.pyc", "kept.pyc", "__pycache__/", "dir/__pycache__/x", "ünï/x"]
    further = ("*.pyc", "__pycache__/", "ünï/")

    assert ignored(checkout, {".gitignore": "!kept.pyc\n"}, paths, further) == [
        "x.pyc",
        "dir/x.pyc",
        "__pycache__/",
        "dir/__pycache__/x",
        "ünï/x",
    ]


@pytest.mark.parametrize("name", ODD)
def test_paths_of_any_name_are_asked_for(checkout: Checkout, name: str) -> None:
    paths = [name, f"{name}.log", f"{name}/x.log", f"build/{name}"]

    assert ignored(checkout, {".gitignore": "*.log\nbuild/\n"}, paths) == paths[1:]


def test_rules_below_directories_of_odd_names_count(checkout: Checkout) -> None:
    rules = {f"{name}/.gitignore": "*.log\n" for name in ODD}
    paths = [f"{name}/x.log" for name in ODD]

    assert ignored(checkout, {".gitignore": ""} | rules, [*paths, "x.log"]) == paths


def test_rules_that_are_a_link_are_none(checkout: Checkout) -> None:
    (checkout.root / ".gitignore").unlink()
    (checkout.root / ".gitignore").symlink_to("top.txt")
    commit = checkout.commit()

    assert ignored_paths(Repository.open(checkout.root), commit, ["top.txt"], further=()) == set()


def test_any_number_of_paths_is_asked_for(repository: Repository, head: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("director.git.ignored._AT_ONCE", 2)

    covered = ignored_paths(repository, head, ["a.log", "b.txt", "c.log", "build/", "e.txt"], further=())

    assert covered == {"a.log", "c.log", "build/"}


def test_of_no_paths_none_is_ignored(repository: Repository, head: str) -> None:
    assert ignored_paths(repository, head, [], further=("*",)) == set()
