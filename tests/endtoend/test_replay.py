"""director replay: a recorded job again, and where it comes out otherwise."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from director.cli.main import main
from tests.endtoend.recorded import GATES, PLAYED, cassette_of, clone_of, make_project, tree_of, worktrees
from tests.project import CONFIG, Project


@pytest.fixture
def clone(job: Project, tmp_path: Path) -> Project:
    """A fresh clone of the repository with the recording and a configuration, in which no job was begun."""
    return clone_of(job, tmp_path / "clone")


def replay(project: Project, *options: str) -> int:
    return main(["replay", str(project.file("job.yaml")), "--repo", str(project.root), *options])


def override(project: Project, prompt: str, text: str) -> None:
    path = project.file(f"templates/prompts/{prompt}.md.j2")
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_a_job_that_comes_out_the_same_leaves_nothing_behind(
    job: Project, clone: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    before = worktrees(), clone.git("for-each-ref"), sorted(path.name for path in clone.file("").iterdir())

    code = replay(clone)

    said = capsys.readouterr().out.splitlines()
    assert code == 0, said
    assert said[-1] == f"same: 12 tasks, tree {tree_of(job)[:12]}"
    [alpha] = [" ".join(line.split()) for line in said if line.startswith("run:alpha")]
    assert alpha == "run:alpha passed in 3 attempts by escalation passed in 3 attempts by escalation same"
    assert (worktrees(), clone.git("for-each-ref"), sorted(path.name for path in clone.file("").iterdir())) == before
    assert list(Path(tempfile.gettempdir()).glob(f"director-{os.getpid()}-*")) == []


def test_a_gate_that_changed_is_found(clone: Project, capsys: pytest.CaptureFixture[str]) -> None:
    clone.file("config.toml").write_text(PLAYED + '\n[gates]\nwhole = "test -f delta.py"\n')

    code = replay(clone)

    said = capsys.readouterr().out
    assert code == 1
    assert "passed, now failed; integration failed: the gate 'whole' is red" in said
    assert "configuration: gates.whole is 'test -f delta.py', and was 'test -f gamma.py'" in said
    assert said.splitlines()[-1] == "different: integrate"


def test_the_recorded_configuration_can_be_used(clone: Project) -> None:
    clone.file("config.toml").write_text(PLAYED + '\n[gates]\nwhole = "test -f delta.py"\n')

    assert replay(clone, "--as-recorded", "-q") == 0


def test_another_number_of_attempts_is_found(clone: Project, capsys: pytest.CaptureFixture[str]) -> None:
    clone.file("config.toml").write_text(PLAYED.replace("max_attempts = 2", "max_attempts = 3") + GATES)

    code = replay(clone)

    said = capsys.readouterr().out
    assert code == 1
    assert "passed in 3 attempts by escalation, now " in said
    assert "no entry of the cassette '.director/played.yaml' answers 'executor run:alpha 3'" in said


def test_a_template_that_changed_is_told_with_a_diff(clone: Project, capsys: pytest.CaptureFixture[str]) -> None:
    override(clone, "spec", "Another prompt: {{ task }} {{ recon }}\n")

    code = replay(clone, "--diff", "-q")

    said = capsys.readouterr().out.splitlines()
    assert code == 0
    assert "+Another prompt: write the modules" in said
    assert said[-1].startswith("same: 12 tasks")
    assert said[-1].endswith("; 1 prompt changed")


def test_programs_can_read_what_came_of_it_also_with_the_recorded_configuration_where_there_is_no_other(
    job: Project, clone: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    clone.file("config.toml").unlink()

    code = replay(clone, "--json")

    found = json.loads(capsys.readouterr().out)
    assert (code, found["is_same"], found["replayed_tree"]) == (0, True, tree_of(job))
    assert found["recorded_cost_usd"] == found["replayed_cost_usd"] > 0
    assert {task["task"]: task["recorded"]["attempts"] for task in found["tasks"]}["run:alpha"] == 3


def test_without_the_commit_that_the_job_started_from_it_cannot(
    job: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Project.create(tmp_path / "other")
    other.git("commit", "--amend", "-qm", "another history")
    other.git("reflog", "expire", "--expire=now", "--all")
    other.git("prune", "--expire=now")
    other.file("job.yaml").write_bytes(job.file("job.yaml").read_bytes())

    code = replay(other)

    base = job.git("rev-parse", "main")
    assert code == 2
    assert capsys.readouterr().err.splitlines()[0] == (
        f"error: the commit {base[:12]} that the recorded job started from is not in this repository"
    )


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ("job", "does not say what its job started from"),
        ("result", "does not say what became of the job: its run was killed"),
        ("calls", "lacks 14 of the 14 calls of the job"),
    ],
)
def test_from_half_a_recording_it_cannot(
    clone: Project, lost: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = cassette_of(clone).model_dump(mode="json", exclude_defaults=True)
    clone.file("job.yaml").write_text(json.dumps({key: value for key, value in whole.items() if key != lost}))

    code = replay(clone)

    assert code == 2
    assert said in capsys.readouterr().err


def test_without_a_file_the_recording_of_the_job_directory_is_meant(
    clone: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = main(["replay", "--repo", str(clone.root)])
    clone.file("job.yaml").rename(clone.file("cassette.yaml"))
    found = main(["replay", "--repo", str(clone.root), "-q"])

    assert (missing, found) == (2, 0)
    assert "there is no recording at" in capsys.readouterr().err


def test_a_job_whose_documents_were_approved_and_edited_by_hand_comes_out_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_project(tmp_path / "repository")
    recording = ("--repo", str(project.root), "-q", "--record", str(project.file("job.yaml")))
    assert main(["plan", "write the modules", *recording]) == 4
    project.file("spec.md").write_text("# My own\n\nModules that say their names.\n")
    assert main(["approve", *recording]) == 4
    assert main(["approve", *recording]) == 0
    assert main(["run:alpha", *recording]) == 0
    project.file("config.toml").write_text(CONFIG + GATES)

    code = replay(project, "--strict")

    assert code == 0, capsys.readouterr().out
