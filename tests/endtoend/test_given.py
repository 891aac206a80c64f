"""A specification or a plan that a person gives: nobody is asked for it."""

import json
from pathlib import Path

import pytest

from tests.project import Project, call, code_of, node, unittest_of
from tests.refusals import assert_refused

AGREED = ("--auto", "--no-critique")


def lay_out(project: Project, **parts: str) -> Path:
    """Write a feature of Spec Kit."""
    directory = project.root / "specs" / "001-modules"
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in parts.items():
        (directory / f"{name}.md").write_text(text)
    return directory


def test_a_given_specification_is_planned_without_an_explorer_or_a_brainstorm(project: Project) -> None:
    lay_out(project, spec="# Modules\n\nThree.\n", plan="# Plan\n\nPython.\n")

    first = project.director("plan", "--spec", "specs/001-modules")
    again = project.director("plan", "--spec", "specs/001-modules", *AGREED)

    assert first.code == 4, first.out + first.err
    assert "plan.json waits for your approval" in first.out
    assert again.code == 0, again.out + again.err
    assert project.asked()[0] == "planner decompose 1"
    assert [key for key in project.asked() if key.split()[1] in ("recon", "spec", "gate:spec")] == []
    assert project.file("task.md").read_text() == "Modules\n"
    assert "# From `plan.md` (Spec Kit, specs/001-modules)" in project.file("spec.md").read_text()
    assert project.read("approved/spec.json")["by"] == "human"
    prompt = project.file("logs/decompose/1/prompt.md").read_text()
    assert "Nobody has explored the repository" in prompt
    assert "<recon>" not in prompt
    assert project.director("pending", "plan").out == "nothing is pending: everything is up to date\n"
    assert project.director("run").code == 0
    assert len(project.asked()) == 1 + 3 + 3


def test_a_specification_that_changed_is_planned_again_and_edits_of_it_are_kept(project: Project) -> None:
    lay_out(project, spec="# Modules\n\nThree.\n")
    project.director("plan", "--spec", "specs/001-modules", "write modules", *AGREED)
    asked = project.asked()
    lay_out(project, spec="# Modules\n\nThree, soon.\n")
    stale = project.director("pending", "plan").out

    changed = project.director("plan", "--spec", "specs/001-modules", *AGREED)
    project.file("spec.md").write_text("# Mine\n")
    lay_out(project, spec="# Modules\n\nFour.\n")
    kept = project.director("plan", "--spec", "specs/001-modules")

    assert stale == "nothing is pending: everything is up to date\n"
    assert changed.code == 0, changed.out + changed.err
    assert project.asked()[len(asked) :] == ["planner decompose 1"]
    assert project.file("task.md").read_text() == "write modules\n"
    assert kept.code == 4, kept.out + kept.err
    assert "spec.md has your edits and is kept" in kept.out
    assert "spec.md waits for your approval" in kept.out
    assert project.file("spec.md").read_text() == "# Mine\n"
    assert "Four." in project.file("spec.given.md").read_text()


def test_a_job_that_makes_its_own_specification_takes_no_other(project: Project) -> None:
    (project.root / "cache.md").write_text("# Cache\n")
    project.director("plan", "Cache", "-q")

    refused = project.director("plan", "--spec", "cache.md")
    new = project.director("plan", "--spec", "cache.md", "--new")

    assert_refused(
        refused, "the job here makes its specification itself", "put it aside with '--new' (nothing is deleted)"
    )
    assert new.code == 4, new.out + new.err
    assert project.file("spec.md").read_text() == "# Cache\n"


def test_a_given_specification_that_is_gone_is_asked_of_the_person(project: Project) -> None:
    (project.root / "cache.md").write_text("# Cache\n")
    project.director("plan", "--spec", "cache.md", "-q")
    asked = project.asked()
    project.file("spec.md").unlink()

    done = project.director("plan")

    assert done.code == 2, done.out + done.err
    assert "director plan --spec 'cache.md'" in done.out + done.err
    assert project.asked() == asked


def test_a_recording_of_a_given_specification_is_played_again(project: Project) -> None:
    (project.root / "cache.md").write_text("# Cache\n")
    for words in (["plan", "--spec", "cache.md", *AGREED], ["run"]):
        assert project.director(*words, "--record", "job.yaml").code == 0

    done = project.director("replay", "job.yaml", "--as-recorded")

    assert done.code == 0, done.out + done.err


def plan_of(nodes: list[dict[str, object]], **header: str) -> str:
    """Return a plan as director-cli writes it."""
    hashes = {"test_alpha.py": "0" * 64}
    fields = {"job_id": "j", "task": "Modules", "repo": "/r", "created_at": "2026-01-01", "job_branch": "b"}
    return json.dumps(fields | header | {"nodes": [entry | {"test_hashes": hashes} for entry in nodes]})


def test_an_imported_plan_is_built_with_tests_of_our_own(project: Project) -> None:
    (project.root / "plan.json").write_text(plan_of([node("alpha")]))

    done = project.director("import", "plan.json")
    again = project.director("import", "plan.json")
    plan = project.director("plan")
    run = project.director("approve")

    assert done.code == 0, done.out + done.err
    assert "imported 1 node" in done.out
    assert "the job here has this plan already: 1 node" in again.out
    assert plan.code == 4, plan.out + plan.err
    assert project.asked() == ["test_author tests:alpha 1"]
    assert run.code == 0
    assert project.file("spec.md").read_text() == "Modules\n"
    assert project.director("run").code == 0
    assert project.asked() == ["test_author tests:alpha 1", "executor run:alpha 1"]


def test_a_plan_never_takes_the_place_of_another_one(project: Project) -> None:
    project.plan()
    (project.root / "plan.json").write_text(plan_of([node("alpha")], task="write the modules"))
    before = project.file("plan.json").read_text()

    refused = project.director("import", "plan.json")
    new = project.director("import", "plan.json", "--new", "-q")

    assert refused.code == 2
    assert "holds another plan" in refused.err
    assert new.code == 0, new.err
    assert [entry["id"] for entry in project.read("plan.json")["nodes"]] == ["alpha"]
    assert next(project.file("archive").iterdir()).joinpath("plan.json").read_text() == before


def test_a_plan_that_cannot_be_built_is_told_with_every_problem_and_begins_nothing(project: Project) -> None:
    broken = [node("alpha", needs=("nobody",)), node("beta") | {"test_cmd": "", "files": ["/etc/passwd"]}]
    (project.root / "plan.json").write_text(plan_of(broken))

    done = project.director("import", "plan.json")

    assert done.code == 2
    assert all(word in done.err for word in ("nobody", "test_cmd", "/etc/passwd"))
    assert not project.file("task.md").exists()
    assert not project.file("job.json").exists()


def test_what_is_exported_is_imported_elsewhere_as_the_same_plan(project: Project, tmp_path: Path) -> None:
    project.plan()
    other = Project.create(tmp_path / "other")
    text = project.director("export").out

    written = project.director("export", "exported.json")
    done = other.director("import", "-", stdin=text)

    assert written.out == "written: exported.json\n"
    assert (project.root / "exported.json").read_text() == text
    assert done.code == 0, done.out + done.err
    assert other.read("plan.json") == project.read("plan.json")
    assert other.file("task.md").read_text() == "write the modules\n"


@pytest.mark.parametrize("command", ["export", "import"])
def test_without_a_plan_there_is_nothing_to_exchange(project: Project, command: str) -> None:
    done = project.director(command, *(["missing.json"] if command == "import" else []))

    assert done.code == 2
    assert "cannot be read" in done.err or "there is no job here yet" in done.err


def test_a_node_added_to_an_imported_plan_is_built(project: Project) -> None:
    (project.root / "plan.json").write_text(plan_of([node("alpha")]))
    project.director("import", "plan.json")
    project.director("plan", *AGREED)
    plan = project.read("plan.json")
    plan["nodes"].append(node("delta"))
    project.file("plan.json").write_text(json.dumps(plan))
    project.calls += [
        call("test_author", "tests:delta", files={"test_delta.py": unittest_of("delta")}),
        call("executor", "run:delta", files={"delta.py": code_of("delta")}),
    ]
    project.save()

    done = project.director("run", *AGREED)

    assert done.code == 0, done.out + done.err
    assert "executor run:delta 1" in project.asked()
