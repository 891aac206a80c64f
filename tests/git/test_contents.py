"""What is in a commit: files of any name, and what is no file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from director.core.errors import GitError
from director.core.excerpts import Excerpt
from director.git.repository import Repository
from tests.git.checkout import Checkout

ODD = [
    "with space.txt",
    " leading and trailing ",
    "quote'and\"double",
    "ünïcødé/näme",
    "arrow -> there",
    "-leading-dash",
    "--option=value",
    ":(glob)x",
    ":!x",
    ":/x",
    "[brackets].txt",
    "star*",
    "what?",
    "back\\slash",
    "tab\there",
    "new\nline",
    "a:b",
    "@{upstream}",
    "x^{tree}",
    "x~1",
    "$(echo hi)`x`;&|",
    "#comment",
    "!negated",
    "dot./..dots../...",
    os.fsdecode(b"latin-\xe9"),
]


@pytest.mark.parametrize("name", ODD)
def test_a_file_of_any_name_is_read(checkout: Checkout, repository: Repository, name: str) -> None:
    checkout.write(name, b"\x00odd\n")
    commit = checkout.commit()

    assert repository.read(commit, [name]) == {name: b"\x00odd\n"}
    assert repository.blobs(commit, [name]) == {name: checkout.git("hash-object", "--", name)}
    assert name in repository.files(commit)


def test_many_files_are_read_at_once_whatever_they_hold(checkout: Checkout, repository: Repository) -> None:
    for name in ODD:
        checkout.write(name, f"{name}\nblob 12\n\n".encode(errors="surrogateescape"))
    commit = checkout.commit()
    missing = {f"missing {name}": None for name in ODD}

    contents = repository.read(commit, [*missing, *ODD])

    assert contents == missing | {name: f"{name}\nblob 12\n\n".encode(errors="surrogateescape") for name in ODD}


def test_a_file_is_not_taken_for_the_commit_that_its_name_speaks_of(checkout: Checkout, repository: Repository) -> None:
    name = f"release-g{checkout.git('rev-parse', '--short', 'HEAD')}"
    commit = checkout.commit(**{name: "a file\n"})

    assert repository.read(commit, [name]) == {name: b"a file\n"}


def test_an_empty_file_is_not_a_missing_one(checkout: Checkout, repository: Repository) -> None:
    commit = checkout.commit(empty="")

    assert repository.read(commit, ["empty", "missing"]) == {"empty": b"", "missing": None}


@pytest.mark.parametrize("name", ["missing", "dir", "dir/", "dir/missing", "top.txt/below", "link", "module"])
def test_what_is_no_regular_file_is_none(checkout: Checkout, repository: Repository, head: str, name: str) -> None:
    (checkout.root / "link").symlink_to("top.txt")
    checkout.git("update-index", "--add", "--cacheinfo", f"160000,{head},module")
    checkout.git("add", "link")
    checkout.git("commit", "-qm", "a link and a submodule")
    commit = checkout.git("rev-parse", "HEAD")

    assert repository.read(commit, [name]) == {name: None}
    assert repository.blobs(commit, [name]) == {name: None}


def test_nothing_is_asked_for_nothing(repository: Repository, head: str) -> None:
    assert (repository.read(head, []), repository.blobs(head, [])) == ({}, {})


def test_the_content_of_a_file_is_a_link_followed_by_nobody(checkout: Checkout, repository: Repository) -> None:
    before = checkout.commit(**{"a.txt": "a\n"})
    (checkout.root / "a.txt").unlink()
    (checkout.root / "a.txt").symlink_to("/etc/passwd")
    after = checkout.commit()

    assert repository.changed(before, after) == ["a.txt"]
    assert repository.blobs(after, ["a.txt"]) == {"a.txt": None}


def test_changed_names_what_was_added_changed_deleted_and_made_executable(
    checkout: Checkout, repository: Repository, head: str
) -> None:
    checkout.write("new ü.txt")
    checkout.write("top.txt", "changed\n")
    (checkout.root / "dir" / "file.txt").unlink()
    checkout.write("dir/deep/other.txt", "other\n", executable=True)
    after = checkout.commit()

    changed = repository.changed(head, after)

    assert changed == ["dir/deep/other.txt", "dir/file.txt", "new ü.txt", "top.txt"]


def test_a_moved_file_is_one_that_is_gone_and_one_that_is_new(
    checkout: Checkout, repository: Repository, head: str
) -> None:
    checkout.git("config", "diff.renames", "copies")
    (checkout.root / "top.txt").rename(checkout.root / "moved.txt")
    after = checkout.commit()

    assert repository.changed(head, after) == ["moved.txt", "top.txt"]


@pytest.mark.parametrize(("path", "changes"), [("new.txt", False), ("new/too.txt", False), ("top.txt", True)])
def test_a_change_that_only_adds_files_changes_nothing_that_exists(
    checkout: Checkout, repository: Repository, head: str, path: str, changes: bool
) -> None:
    after = checkout.commit(**{path: "written\n"})

    assert any(not change.is_new for change in repository.changes(head, after)) is changes


def test_a_deleted_file_is_a_change_of_what_exists(checkout: Checkout, repository: Repository, head: str) -> None:
    (checkout.root / "top.txt").unlink()
    after = checkout.commit()

    assert any(not change.is_new for change in repository.changes(head, after))


def test_a_patch_is_text_whatever_it_holds(checkout: Checkout, repository: Repository, head: str) -> None:
    after = checkout.commit(**{"top.txt": "naïve\n"})
    latin = checkout.write("latin.txt", b"caf\xe9\n") and checkout.commit()

    assert "-top\n+naïve\n" in repository.diff(head, after)
    assert "+caf\N{REPLACEMENT CHARACTER}\n" in repository.diff(after, latin)


@pytest.mark.parametrize(
    ("path", "dirty"),
    [("top.txt", True), ("new.txt", True), (".director/x", False), ("dodo.py", False), ("x.log", False)],
)
def test_work_that_is_not_committed_is_told_apart_from_our_own_files(
    checkout: Checkout, repository: Repository, path: str, dirty: bool
) -> None:
    checkout.write(path, "changed\n")

    assert repository.has_uncommitted_work() is dirty


def test_what_the_user_ignores_everywhere_is_no_uncommitted_work(
    checkout: Checkout, repository: Repository, sealed: Path
) -> None:
    checkout.git("config", "--global", "core.excludesFile", str(sealed / "ignored"))
    (sealed / "ignored").write_text(".idea/\n")
    checkout.write(".idea/workspace.xml")

    assert not repository.has_uncommitted_work()


def test_modes_that_a_file_system_does_not_keep_are_no_uncommitted_work(
    checkout: Checkout, repository: Repository
) -> None:
    checkout.git("config", "core.fileMode", "false")
    (checkout.root / "top.txt").chmod(0o755)

    assert not repository.has_uncommitted_work()


def test_line_ends_that_the_user_has_converted_are_no_uncommitted_work(
    checkout: Checkout, repository: Repository
) -> None:
    checkout.git("config", "core.autocrlf", "true")
    (checkout.root / "top.txt").unlink()
    checkout.git("checkout", "top.txt")
    os.utime(checkout.root / "top.txt", (1, 1))

    assert (checkout.root / "top.txt").read_bytes() == b"top\r\n"
    assert not repository.has_uncommitted_work()


@pytest.mark.parametrize(("limit", "head"), [(3, b"012"), (10, b"0123456789"), (11, b"0123456789")])
def test_of_a_file_no_more_is_read_than_is_asked_for(
    checkout: Checkout, repository: Repository, limit: int, head: bytes
) -> None:
    commit = checkout.commit(**{"a.txt": "0123456789"})

    excerpts = repository.excerpts(commit, ["missing", "a.txt"], limit=limit, total=1000)

    assert excerpts == {"missing": None, "a.txt": Excerpt(head, size=10)}


def test_of_all_files_no_more_is_read_than_is_asked_for(checkout: Checkout, repository: Repository) -> None:
    commit = checkout.commit(a="aaaa", b="bbbb", c="cccc", empty="")

    excerpts = repository.excerpts(commit, ["c", "b", "empty", "a"], limit=4, total=6)

    assert excerpts == {
        "c": Excerpt(b"cccc", size=4),
        "b": Excerpt(b"bb", size=4),
        "empty": Excerpt(b"", size=0),
        "a": Excerpt(b"", size=4),
    }


@pytest.mark.parametrize("name", ODD)
def test_the_beginning_of_a_file_of_any_name_is_read(checkout: Checkout, repository: Repository, name: str) -> None:
    checkout.write(name, b"\x00odd\n")
    commit = checkout.commit()

    assert repository.excerpts(commit, [name], limit=2, total=2) == {name: Excerpt(b"\x00o", size=5)}


@pytest.mark.parametrize(
    ("link", "target", "content"),
    [
        ("CLAUDE.md", "top.txt", b"top\n"),
        ("dir/deep/up", "../../top.txt", b"top\n"),
        ("twice", "dir/once", b"file\n"),
        ("further", "dir", None),
        ("dangling", "nothing\nhere 5", None),
        ("outside", "../outside.txt", None),
        ("absolute", "/etc/passwd", None),
        ("loop", "loop", None),
        ("notdir", "top.txt/below", None),
    ],
)
def test_a_link_is_followed_inside_the_commit_only(
    checkout: Checkout, repository: Repository, link: str, target: str, content: bytes | None
) -> None:
    (checkout.root.parent / "outside.txt").write_text("not in the repository\n")
    (checkout.root / "dir" / "once").symlink_to("file.txt")
    (checkout.root / link).symlink_to(target)
    commit = checkout.commit()
    asked = ["missing", link, "new\nline", "dir/file.txt"]

    found = repository.excerpts(commit, asked, limit=100, total=1000, through_links=True)

    assert found[link] == (Excerpt(content, size=len(content)) if content else None)
    assert found["dir/file.txt"] == Excerpt(b"file\n", size=5)
    assert found["missing"] is found["new\nline"] is None
    assert repository.excerpts(commit, [link], limit=100, total=1000) == {link: None}


def test_a_link_to_a_directory_is_followed_on_the_way(checkout: Checkout, repository: Repository) -> None:
    (checkout.root / "other").symlink_to("dir/deep")
    commit = checkout.commit()

    found = repository.excerpts(commit, ["other/other.txt", "other"], limit=2, total=10, through_links=True)

    assert found == {"other/other.txt": Excerpt(b"ot", size=6), "other": None}


def test_of_a_patch_no_more_is_read_than_is_asked_for(checkout: Checkout, repository: Repository, head: str) -> None:
    after = checkout.commit(**{"top.txt": "new\n" * 1000})
    patch = repository.diff(head, after)

    assert repository.diff(head, after, limit=100) == f"{patch[:100]}\n[the diff goes on]\n"
    assert repository.diff(head, after, limit=len(patch) + 1) == patch


def test_a_patch_that_cannot_be_made_is_an_error_however_little_is_read(repository: Repository, head: str) -> None:
    with pytest.raises(GitError):
        repository.diff(head, "0" * 40, limit=100)


MEASURE = """
import resource, sys
from pathlib import Path
from director.git.repository import Repository
repository = Repository.open(Path(sys.argv[1]))
commit, parent = repository.commit("HEAD"), repository.commit("HEAD^")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(repository.diff(parent, commit, limit=60_000)) < 61_000
found = repository.excerpts(commit, ["big", "top.txt"], limit=32_000, total=160_000)
assert (len(found["big"].head), found["big"].size, found["top.txt"].head) == (32_000, 60_000_000, b"top\\n")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_huge_file_costs_no_memory(checkout: Checkout) -> None:
    checkout.git("config", "core.compression", "0")
    checkout.write("big", b"one of two million lines here\n" * 2_000_000)
    checkout.commit()

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(checkout.root)], capture_output=True, text=True, check=True
    )

    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 10_000_000


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n", 2),
        (b"a\nb\n", b"a\n", 1),
        (b"", b"a\n", 1),
        (b"a\n", b"", 1),
        (b"\0a\n", b"\0b\n", None),
    ],
    ids=["changed", "gone at the end", "new", "emptied", "binary"],
)
def test_the_first_line_that_differs_between_two_blobs_is_found(
    checkout: Checkout, repository: Repository, before: bytes, after: bytes, line: int | None
) -> None:
    blobs = [checkout.git("hash-object", "-w", str(checkout.write("file", data))) for data in (before, after)]

    assert repository.first_changed_line(*blobs) == line


def test_what_is_no_name_of_an_object_never_reaches_git(repository: Repository, tmp_path: Path) -> None:
    assert repository.first_changed_line(f"--output={tmp_path}/written", "0" * 40) is None
    assert not (tmp_path / "written").exists()
