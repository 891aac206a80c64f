"""Which files of the user's checkout worktrees get copies of."""

import os
from pathlib import Path

import pytest

from director.git import stock as stocks
from director.git.included import Included, take_included
from director.git.stock import Stock
from tests.git.checkout import Checkout, fingerprint


@pytest.fixture
def take(checkout: Checkout, tmp_path: Path) -> "Take":
    checkout.commit(**{".gitignore": "*.log\nbuild/\n.env\n.venv\n.director/\n"})
    return Take(checkout, tmp_path / "stock")


class Take:
    """A checkout, and what is taken of it."""

    def __init__(self, checkout: Checkout, place: Path) -> None:
        self.checkout = checkout
        self.place = place

    def __call__(self, *patterns: str) -> Included:
        self.checkout.write(".worktreeinclude", "".join(f"{pattern}\n" for pattern in patterns))
        return take_included(self.checkout.root, Stock(self.place), besides=self.checkout.root / "job")

    def names(self, *patterns: str) -> list[str]:
        return sorted(self(*patterns).stock.kept)

    def link(self, path: str, leads: str | Path) -> None:
        place = self.checkout.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(leads)


def test_what_is_named_and_ignored_and_untracked_is_copied(take: Take) -> None:
    take.checkout.write("dir/.env", "secret\n").chmod(0o600)
    for path in ("other.log", "build/x", "untracked.txt"):
        take.checkout.write(path)

    assert take.names(".env", "build/", "*.txt") == ["build/x", "dir/.env"]
    assert (take.place / "dir" / ".env").read_text() == "secret\n"
    assert (take.place / "dir" / ".env").stat().st_mode & 0o777 == 0o600


def test_what_is_tracked_is_not_copied_though_it_is_ignored(take: Take) -> None:
    take.checkout.commit(**{"kept.log": "tracked\n"})

    assert take.names("*") == []


def test_of_a_directory_only_what_git_ignores_is_copied(take: Take) -> None:
    take.checkout.write("data/x.log")
    take.checkout.write("data/x.csv")

    assert take.names("data/") == ["data/x.log"]


def test_patterns_are_those_of_gitignore(take: Take) -> None:
    for path in ("a.log", "deep/b.log", "deep/keep.log", "build/c"):
        take.checkout.write(path)

    assert take.names("# a comment", "", "*.log", "!keep.log") == ["a.log", "deep/b.log"]
    assert take.names("/*.log") == ["a.log"]


def test_the_users_own_ignore_rules_count(take: Take) -> None:
    take.checkout.write(".git/info/exclude", "*.local\n")
    take.checkout.write("settings.local")

    assert take.names("*.local") == ["settings.local"]


@pytest.mark.parametrize("name", ["sp ace.log", ":(glob)x.log", "new\nline.log", "ünï.log", os.fsdecode(b"\xff.log")])
def test_a_file_of_any_name_is_copied(take: Take, name: str) -> None:
    take.checkout.write(name)

    assert take.names("*.log") == [name]


def test_nothing_of_the_job_is_copied(take: Take) -> None:
    take.checkout.write("job/.env")

    assert take.names("*") == []


def test_a_link_inside_stays_a_link_and_one_to_the_checkout_leads_to_the_worktree(take: Take) -> None:
    take.checkout.write(".venv/lib/x")
    take.link(".venv/lib64", "lib")
    take.link(".venv/own", take.checkout.root / "dir" / "file.txt")
    take.link(".venv/around", f"../../{take.checkout.root.name}/top.txt")

    assert take.names(".venv") == [".venv/around", ".venv/lib/x", ".venv/lib64", ".venv/own"]
    assert str((take.place / ".venv" / "lib64").readlink()) == "lib"
    assert str((take.place / ".venv" / "own").readlink()) == "../dir/file.txt"
    assert str((take.place / ".venv" / "around").readlink()) == "../top.txt"


def test_no_link_out_of_the_repository_is_followed_and_only_one_to_a_program_stays(take: Take, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret\n")
    take.link(".env", tmp_path / "secret")
    take.link(".venv/elsewhere", tmp_path)
    take.link(".venv/nowhere", "/nowhere/at/all")
    take.link(".venv/python", "/bin/sh")

    included = take(".env", ".venv")

    assert sorted(included.stock.kept) == [".venv/python"]
    assert str((take.place / ".venv" / "python").readlink()) == "/bin/sh"
    assert included.left_out == {"they lead out of the repository": [".env", ".venv/elsewhere", ".venv/nowhere"]}


def test_pipes_and_repositories_are_left_out(take: Take) -> None:
    take.checkout.write(".venv/x")
    os.mkfifo(take.checkout.root / ".venv" / "pipe")
    Checkout.create(take.checkout.root / ".venv" / "inner").write("y")

    assert take.names(".venv") == [".venv/x"]


def test_what_there_is_no_room_for_is_left_out_and_named(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stocks, "ROOM_BYTES", 1024**2)
    take.checkout.write("a.log", b"x" * 1024**2)
    take.checkout.write("b.log")

    assert take("*.log").left_out == {"there is room for 1 MiB": ["b.log"]}


def test_the_digest_follows_what_is_copied(take: Take) -> None:
    take.checkout.write("a.log", "one")
    before = take("*.log").digest

    assert take("# the same files", "*.log").digest == before
    take.checkout.write("a.log", "two")
    changed = take("*.log").digest
    take.checkout.write("b.log")

    assert len({before, changed, take("*.log").digest, take(".env").digest}) == 4


def test_the_checkout_stays_as_it_was(take: Take) -> None:
    take.checkout.write(".venv/x")
    take.checkout.write(".worktreeinclude", ".venv\n")
    before = fingerprint(take.checkout.root)

    take(".venv")

    assert fingerprint(take.checkout.root) == before


@pytest.mark.parametrize("leads", ["dir/file.txt", "/etc/passwd"])
def test_rules_that_are_a_link_are_not_read(take: Take, tmp_path: Path, leads: str) -> None:
    take.checkout.write("a.log")
    (take.checkout.root / ".worktreeinclude").symlink_to(leads)

    assert take_included(take.checkout.root, Stock(tmp_path / "s"), besides=tmp_path).stock.kept == {}
