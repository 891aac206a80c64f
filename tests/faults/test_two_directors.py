"""Two directors at the same time: on one job the second is refused, on two jobs neither minds the other."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project, code_of, node
from tests.running import Running, plan_here

AUTO = ("--auto", "--no-critique")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A job of one node."""
    return Project.create(tmp_path / "repository", [node("alpha")])


def test_a_second_director_says_who_holds_the_job_and_the_first_goes_on(project: Project) -> None:
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}, "seconds": 3})
    plan_here(project)
    first = Running.start(project, "run")
    first.says("run:alpha        executor")
    since = project.read("holder.json")["since"]

    second = project.director("run")

    assert second.code == 6
    assert second.err == (
        f"error: '{project.file('')}' is held by process {first.process.pid} on {socket.gethostname()}, since {since}\n"
        "hint: wait for it, or stop it: its work is kept\n"
    )
    assert first.ends() == 0, first.said
    assert project.asked().count("executor run:alpha 1") == 1


def test_of_many_directors_that_start_at_once_one_works_and_nobody_is_asked_twice(project: Project) -> None:
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}, "seconds": 4})
    plan_here(project)

    codes = [run.ends() for run in [Running.start(project, "run") for _ in range(4)]]

    assert set(codes) == {0, 6}
    assert project.asked().count("executor run:alpha 1") == 1
    assert not project.file("holder.json").exists()


@pytest.mark.parametrize("pid", [1, os.getpid(), 4_000_000], ids=["init", "somebody else's", "nobody's"])
def test_what_a_dead_holder_wrote_is_not_believed(project: Project, pid: int) -> None:
    holder = {"pid": pid, "host": socket.gethostname(), "since": "2026-01-02T03:04:05+00:00"}
    project.file("holder.json").write_text(json.dumps(holder))
    project.file("lock").touch()

    done = project.director("plan", "x", *AUTO)

    assert done.code == 0, done.out + done.err
    assert not project.file("holder.json").exists()


def test_the_job_of_a_killed_director_is_taken_over_at_once(project: Project) -> None:
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}, "seconds": 60})
    plan_here(project)
    killed = Running.start(project, "run")
    killed.says("run:alpha        executor")
    killed.process.kill()
    killed.process.communicate()
    left = project.read("holder.json")["pid"]
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}})

    done = project.director("run")

    assert left == killed.process.pid
    assert done.code == 0, done.out + done.err


def test_a_lock_that_is_held_without_a_word_about_the_holder_is_respected(project: Project) -> None:
    plan_here(project)
    with project.file("lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        done = project.director("run")

    assert done.code == 6
    assert done.err.startswith(f"error: '{project.file('')}' is held by another director\nhint: ")
    assert project.director("run").code == 0


@dataclass
class Pair:
    """Two jobs, each with its arguments and the home of its user."""

    projects: tuple[Project, Project]
    arguments: tuple[tuple[str, ...], tuple[str, ...]]
    homes: tuple[dict[str, str], dict[str, str]]

    def together(self, *words: str) -> None:
        """Run a command for both jobs at once, both to a good end."""
        jobs = zip(self.projects, self.arguments, self.homes, strict=True)
        runs = [Running.start(project, *words, *more, **home) for project, more, home in jobs]
        for run in runs:
            assert run.ends() == 0, run.said


def slow_job(project: Project, value: str) -> None:
    """Have every call take a moment, so that two jobs are at work at the same time; say what alpha returns."""
    for entry in project.calls:
        entry["seconds"] = 0.5
        if entry["task"] == "run:alpha":
            entry["files"] = {"alpha.py": f"# {value}\n{code_of('alpha')}"}
    project.save()


def clone(project: Project, place: Path) -> Project:
    subprocess.run(["git", "clone", "-q", str(project.root), str(place)], check=True)
    shutil.copytree(project.file(""), place / ".director")
    return Project(place, [dict(entry) for entry in project.calls])


def home(place: Path) -> dict[str, str]:
    """The variables of another user."""
    place.mkdir()
    return {"HOME": str(place), "XDG_CACHE_HOME": str(place / ".cache"), "XDG_CONFIG_HOME": str(place / ".config")}


def jobs_of(pair: Pair, directories: tuple[Path, Path]) -> list[dict[str, Any]]:
    return [json.loads((directory / "job.json").read_text()) for directory in directories]


def test_jobs_of_one_user_in_two_clones_at_the_same_time_do_not_meet(project: Project, tmp_path: Path) -> None:
    other = clone(project, tmp_path / "clone")
    slow_job(project, "one")
    slow_job(other, "two")
    pair = Pair((project, other), ((), ()), ({}, {}))

    pair.together("plan", "x", *AUTO)
    pair.together("run")

    one, two = jobs_of(pair, (project.file(""), other.file("")))
    assert one["id"] != two["id"]
    assert project.git("show", f"{one['branch']}:alpha.py").startswith("# one")
    assert other.git("show", f"{two['branch']}:alpha.py").startswith("# two")


def second_job(project: Project, directory: Path) -> Project:
    """Make another job directory for the same repository, with a cassette of its own."""
    shutil.copytree(project.file(""), directory)
    config = (directory / "config.toml").read_text()
    (directory / "config.toml").write_text(config.replace(".director/cassette.yaml", str(directory / "cassette.yaml")))
    return Project(project.root, [dict(entry) for entry in project.calls])


def test_jobs_of_two_users_on_the_same_files_of_one_repository_at_the_same_time_do_not_meet(
    project: Project, tmp_path: Path
) -> None:
    directory = tmp_path / "second"
    second_job(project, directory)
    slow_job(project, "one")
    cassette = (project.file("cassette.yaml")).read_text()
    (directory / "cassette.yaml").write_text(cassette.replace("# one", "# two"))
    pair = Pair((project, project), ((), ("--dir", str(directory))), ({}, home(tmp_path / "home")))

    pair.together("plan", "x", *AUTO)
    pair.together("run")

    one, two = jobs_of(pair, (project.file(""), directory))
    assert one["branch"] != two["branch"]
    for job, value in ((one, "one"), (two, "two")):
        assert project.git("show", f"{job['branch']}:alpha.py").startswith(f"# {value}")
        subjects = project.git("log", "--format=%s", f"main..{job['branch']}").splitlines()
        assert subjects == ["Write alpha", "tests: Write alpha"]


def test_a_job_can_be_continued_by_another_user(project: Project, tmp_path: Path) -> None:
    plan_here(project)
    asked = project.asked()

    run = Running.start(project, "run", **home(tmp_path / "home"))

    assert run.ends() == 0, run.said
    assert project.asked() == [*asked, "executor run:alpha 1"]


def test_jobs_that_begin_in_the_same_second_have_names_of_their_own(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha")])
    directories = [tmp_path / f"job{number}" for number in range(4)]
    for directory in directories:
        second_job(project, directory)

    runs = [Running.start(project, "plan", "x", "--dir", str(directory)) for directory in directories]
    codes = [run.ends() for run in runs]

    jobs = [json.loads((directory / "job.json").read_text()) for directory in directories]
    assert codes == [4] * 4
    assert len({job["branch"] for job in jobs}) == 4
    assert len(list((Path(os.environ["XDG_CACHE_HOME"]) / "director").iterdir())) == 4
