"""Where there is nothing to do, nothing is held, started, written or asked more than once."""

import os
from functools import cache
from pathlib import Path

import pytest

from tests.project import Project, node

GIT = """\
#!/bin/sh
echo "$@" >> "$GIT_CALLS"
exec "$REAL_GIT" "$@"
"""
NOTHING = ["status", "pending", "run"]


@cache
def built(place: Path) -> list[Project]:
    """A job of one node and a job of four, built to the end; once, in the sealed surroundings of the first test."""
    plans = [[node("a")], [node("a"), node("b"), node("c", needs=("a",)), node("d", needs=("b", "c"))]]
    made = [Project.create(place / str(number) / "repository", nodes) for number, nodes in enumerate(plans)]
    for project in made:
        project.plan()
        done = project.director("run")
        assert done.code == 0, done.out + done.err
    return made


@pytest.fixture
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Project]:
    """A job of one node and a job of four, built to the end."""
    return built(tmp_path_factory.getbasetemp() / "settled")


@pytest.fixture
def git_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a line for each call of git."""
    real = next(Path(place) / "git" for place in os.environ["PATH"].split(":") if (Path(place) / "git").exists())
    program, calls = tmp_path / "bin" / "git", tmp_path / "calls"
    program.parent.mkdir()
    program.write_text(GIT)
    program.chmod(0o755)
    calls.touch()
    monkeypatch.setenv("REAL_GIT", str(real))
    monkeypatch.setenv("GIT_CALLS", str(calls))
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return calls


def asked_of_git(project: Project, command: str, calls: Path) -> list[str]:
    calls.write_text("")
    assert project.director(command).code == 0
    return calls.read_text().splitlines()


@pytest.mark.parametrize("command", NOTHING)
def test_git_is_asked_as_often_for_many_nodes_as_for_one(
    projects: list[Project], git_calls: Path, command: str
) -> None:
    one, four = (asked_of_git(project, command, git_calls) for project in projects)

    assert len(one) == len(four) <= 8


@pytest.mark.parametrize("command", NOTHING)
def test_what_finds_nothing_to_do_writes_nothing(projects: list[Project], command: str) -> None:
    before = stamps(projects[1].root)

    projects[1].director(command)

    assert stamps(projects[1].root) == before


def test_what_a_killed_run_left_is_seen_to_even_if_everything_is_built(projects: list[Project]) -> None:
    holder = projects[0].file("holder.json")
    holder.write_text('{"version": 1, "pid": 1, "host": "elsewhere", "since": "2026-01-01T00:00:00+00:00"}\n')

    done = projects[0].director("run")

    assert done.code == 0
    assert not holder.exists()


def stamps(root: Path) -> dict[str, int]:
    """When everything in a repository was changed last."""
    return {str(path): path.lstat().st_mtime_ns for path in root.rglob("*")}
