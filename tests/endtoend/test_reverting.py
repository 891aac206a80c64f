"""director revert: a landed node goes off the job's branch, by the gates of every landing."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from director.cli.main import main
from tests.endtoend.test_replanning import ALPHA, AUTO, BETA, GAMMA, asked_by, built, edit, set_nodes
from tests.project import Project, code_of, node, unittest_of
from tests.running import plan_here

__all__ = ["built"]
USER = "import alpha\n\n\ndef gamma():\n    return alpha.alpha().replace('alpha', 'gamma')\n"


def files_of(project: Project) -> list[str]:
    return project.git("ls-tree", "-r", "--name-only", project.branch).split()


def build(project: Project, monkeypatch: pytest.MonkeyPatch, nodes: Sequence[dict[str, object]]) -> None:
    """Plan and build; within this process."""
    monkeypatch.chdir(project.root)
    project.set_call("planner", "decompose", {"text": json.dumps({"nodes": nodes})})
    plan_here(project)
    assert main(["run", "-q"]) == 0


def test_a_node_that_is_no_longer_planned_is_gone_without_a_trace_but_history(
    built: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    set_nodes(built, ALPHA, BETA)
    asked_by(built, "run", *AUTO)
    before = built.git("rev-parse", built.branch)

    assert asked_by(built, "revert", "gamma") == []

    branch = built.branch
    assert capsys.readouterr().out == f"'gamma' is taken off {branch}: 'gamma.py' and 'test_gamma.py'\n"
    assert files_of(built) == [".gitignore", "README.md", "alpha.py", "beta.py", "test_alpha.py", "test_beta.py"]
    assert built.git("rev-parse", f"{branch}^") == before
    trailers = built.git("log", "-1", "--format=%(trailers:key=Director-Task)%(trailers:key=Director-Undoes)", branch)
    assert trailers == "Director-Task: revert:gamma\nDirector-Undoes: run:gamma tests:gamma"
    assert built.measured("run")[-1]["targets"] == ["revert:gamma"]
    assert not any(built.file(f"{place}/gamma.json").exists() for place in ("merged", "tests", "nodes", "kept"))
    main(["status"])
    assert "gamma" not in capsys.readouterr().out
    assert asked_by(built, "run", "-q") == []
    assert built.read("integration.json")["commit"] == built.git("rev-parse", branch)


def test_a_node_that_is_still_planned_is_built_anew(built: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["revert", "run:gamma"]) == 0
    said = capsys.readouterr().out
    main(["status", "--json"])
    states = {entry["id"]: entry["state"] for entry in json.loads(capsys.readouterr().out)["nodes"]}

    assert "it is still planned: 'director run' writes its tests and builds it anew" in said
    assert states == {"alpha": "landed", "beta": "landed", "gamma": "ready"}
    assert asked_by(built, "run", *AUTO) == ["test_author tests:gamma 1", "executor run:gamma 1"]
    assert "gamma.py" in files_of(built)


def test_a_dry_run_says_what_would_go_and_changes_nothing(built: Project, capsys: pytest.CaptureFixture[str]) -> None:
    tip = built.git("rev-parse", built.branch)

    assert main(["revert", "alpha", "beta", "gamma", "--dry-run"]) == 0

    assert f"'gamma' would be taken off {built.branch}: 'gamma.py' and 'test_gamma.py'" in capsys.readouterr().out
    assert built.git("rev-parse", built.branch) == tip
    assert built.file("merged/gamma.json").exists()


def test_a_node_that_others_depend_on_goes_only_with_them(built: Project, capsys: pytest.CaptureFixture[str]) -> None:
    refused = main(["revert", "alpha", "beta"])
    said = capsys.readouterr().err
    done = main(["revert", "alpha", "gamma", "beta", "-q"])

    assert refused == 2
    assert said == (
        "error: 'gamma' landed and depends on 'alpha' and 'beta'\n"
        "hint: revert all of them: director revert alpha beta gamma\n"
    )
    assert done == 0
    assert files_of(built) == [".gitignore", "README.md"]
    assert built.git("log", "-1", "--format=%s", built.branch) == "revert alpha"


def test_what_has_not_landed_cannot_be_reverted(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.root)
    plan_here(project)
    capsys.readouterr()

    assert main(["revert", "alpha"]) == 2
    assert capsys.readouterr().err == (
        "error: 'alpha' has not landed, so there is nothing to revert\nhint: nothing has landed yet\n"
    )


def test_a_node_whose_tests_need_it_is_named_though_the_plan_does_not_say_so(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.set_call("executor", "run:gamma", {"files": {"gamma.py": USER}})
    build(project, monkeypatch, [ALPHA, node("beta", needs=("alpha",)), node("gamma", needs=("alpha",))])
    set_nodes(project, ALPHA, BETA, GAMMA | {"depends_on": []})
    assert asked_by(project, "run", *AUTO) == []
    main(["revert", "beta", "-q"])
    tip = project.git("rev-parse", project.branch)
    capsys.readouterr()

    assert main(["revert", "alpha"]) == 1

    said = capsys.readouterr().err
    assert "'alpha' is not reverted: without it the tests of 'gamma' are red\n" in said
    assert "hint: revert them too: director revert gamma alpha\n" in said
    assert project.git("rev-parse", project.branch) == tip
    assert main(["revert", "gamma", "alpha", "-q"]) == 0


def test_later_work_on_the_same_lines_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    both = node("beta", needs=("alpha",)) | {"files": ["beta.py", "alpha.py"]}
    changed = {"files": {"beta.py": code_of("beta"), "alpha.py": "# by beta\n" + code_of("alpha")}}
    project.set_call("executor", "run:beta", changed)
    build(project, monkeypatch, [ALPHA, both])
    edit(project, "beta", depends_on=[], files=["beta.py"])
    project.set_call("executor", "run:beta", {"files": {"beta.py": code_of("beta")}})
    assert main(["run", *AUTO]) == 0
    capsys.readouterr()

    assert main(["revert", "alpha"]) == 1

    said = capsys.readouterr().err
    assert "'alpha' cannot be reverted, for later work changed the same lines: CONFLICT" in said
    assert "alpha.py deleted" in said
    assert "hint: revert first what stands on it: director revert beta alpha\n" in said


def test_files_that_were_there_before_are_as_they_were(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.root / "alpha.py").write_text("def alpha():\n    return ''\n")
    (project.root / "test_alpha.py").write_text("# none yet\n")
    project.git("add", ".")
    project.git("commit", "-qm", "second")
    build(project, monkeypatch, [ALPHA])

    assert main(["revert", "alpha", "-q"]) == 0
    assert project.git("diff", "--stat", "main", project.branch) == ""


def test_a_revert_that_was_killed_is_completed_by_the_same_command(
    built: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = {name: built.file(name).read_text() for name in ("merged/gamma.json", "tests/gamma.json")}
    main(["revert", "gamma", "-q"])
    for name, text in left.items():
        built.file(name).write_text(text)
    tip = built.git("rev-parse", built.branch)
    capsys.readouterr()

    pending = main(["pending", "run:gamma"])
    told = capsys.readouterr().out
    again = main(["revert", "gamma"])

    assert (pending, again) == (0, 0)
    assert "tests:gamma" in told
    assert f"'gamma' is off {built.branch} already\n" in capsys.readouterr().out
    assert built.git("rev-parse", built.branch) == tip
    assert not Path(built.file("merged/gamma.json")).exists()


def test_a_run_after_a_revert_that_was_killed_builds_the_node_anew(built: Project) -> None:
    left = {name: built.file(name).read_text() for name in ("merged/gamma.json", "tests/gamma.json")}
    main(["revert", "gamma", "-q"])
    for name, text in left.items():
        built.file(name).write_text(text)

    assert asked_by(built, "run", *AUTO) == ["test_author tests:gamma 1", "executor run:gamma 1"]


def test_an_edit_that_is_reverted_goes_with_what_was_edited(built: Project) -> None:
    edit(built, "gamma", spec="It returns 'omega'.")
    built.set_call("test_author", "tests:gamma", {"files": {"test_gamma.py": unittest_of("gamma", "'omega'")}})
    built.set_call("executor", "run:gamma", {"files": {"gamma.py": code_of("gamma", "'omega'")}})
    asked_by(built, "run", *AUTO)

    assert main(["revert", "gamma", "-q"]) == 0
    assert "gamma.py" not in files_of(built)
    assert "test_gamma.py" not in files_of(built)
