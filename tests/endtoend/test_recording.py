"""A job is recorded, played in another clone, and recorded on after a kill."""

from pathlib import Path

import pytest

from director.artifacts.cassettes import read_cassette
from tests.endtoend.recorded import GATES, PLAYED, build, cassette_of, clone_of, tree_of
from tests.faults.state import PLAN, RUN, Trial, make_trial, outlived, problems, snapshot
from tests.project import Project

STRICT = PLAYED + GATES + '\n[backends.replay]\nmode = "strict"\n'


def test_every_call_of_a_job_is_recorded_with_what_the_job_came_to(job: Project) -> None:
    cassette = cassette_of(job)

    assert sorted(call.label for call in cassette.calls) == sorted(job.asked())
    assert cassette.job
    assert cassette.job.base == job.git("rev-parse", "main")
    assert cassette.job.task == "write the modules\n"
    assert cassette.result
    assert cassette.result.tree == tree_of(job)
    assert str(cassette.result.tasks["run:alpha"]) == "passed in 3 attempts by escalation"
    assert str(cassette.result.tasks["integrate"]) == "passed"


def test_a_recording_is_played_strictly_in_another_clone_with_the_same_result(job: Project, tmp_path: Path) -> None:
    clone = clone_of(job, tmp_path / "elsewhere" / "clone", config=STRICT)

    build(clone)

    assert sorted(clone.asked()) == sorted(job.asked())
    assert tree_of(clone) == tree_of(job)
    [outside] = [note for note in clone.read("logs/run/alpha/2/reply.json")["notes"] if "notes.txt" in note]
    assert outside.startswith("changed outside what you may change")


def test_a_changed_prompt_is_played_all_the_same_and_told(job: Project, tmp_path: Path) -> None:
    clone = clone_of(job, tmp_path / "clone")
    prompts = clone.file("templates/prompts")
    prompts.mkdir(parents=True)
    (prompts / "spec.md.j2").write_text("Another prompt: {{ task }} {{ recon }}\n")

    done = clone.director("plan", "write the modules", "--auto")

    assert done.code == 0, done.out
    told = [line for line in done.out.splitlines() if "the prompt changed" in line]
    assert len(told) == 1
    assert told[0].endswith("brainstorm spec 1: the prompt changed since it was recorded: played by role and task")


def test_plain_doit_records_too(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "repository", [])
    project.file("task.md").write_text("nothing\n")
    (project.root / "dodo.py").write_text("from director.dodo import load\nDOIT_CONFIG, graph = load(__file__)\n")

    done = project.doit("run", "--record", "job.yaml", "spec")

    assert done.code == 0, done.err
    assert [call.label for call in read_cassette(project.root / "job.yaml", "job.yaml").calls] == [
        "explorer recon 1",
        "brainstorm spec 1",
    ]


def test_a_file_that_is_no_cassette_is_refused_before_anything_is_begun(project: Project) -> None:
    project.file("notes.yaml").write_text("mine\n")

    done = project.director("plan", "write the modules", "--record", ".director/notes.yaml")

    assert done.code == 2
    assert "'.director/notes.yaml' is no cassette and stays as it is" in done.err
    assert not project.file("job.json").exists()
    assert project.file("notes.yaml").read_text() == "mine\n"


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """A job of one node, whose first attempt fails."""
    return make_trial(tmp_path / "trial", {"a": ()})


@pytest.mark.parametrize("moment", [0, 1, -1], ids=["start", "call", "end"])
def test_a_recording_goes_on_after_a_kill_with_every_call_once(trial: Trial, moment: int) -> None:
    plan, run = ((*words, "--record", "../job.yaml") for words in (PLAN, RUN))
    before = snapshot(trial)
    trial.keep("fresh")
    [*writing] = [step for step in trial.steps(plan) if "job.yaml" in step]
    trial.restore("fresh")

    killed = trial.director(plan, "--stop-at", writing[moment], "--how", "kill")
    left = outlived(trial)
    done = [trial.director(words) for words in (plan, run)]

    assert (killed.code, left, [run.code for run in done]) == (-9, [], [0, 0]), done
    assert problems(trial, before, ["a"]) == []
    cassette = read_cassette(trial.place / "job.yaml", "job.yaml")
    assert sorted(call.label for call in cassette.calls) == [
        "brainstorm spec 1",
        "executor run:a 1",
        "executor run:a 2",
        "explorer recon 1",
        "planner decompose 1",
        "planner gate:plan 1",
        "planner gate:spec 1",
        "test_author tests:a 1",
    ]
    assert cassette.result
    assert cassette.result.calls == len(cassette.calls)
