"""An executor asks for a file that it may not change, and a person lets it have it."""

import json
from pathlib import Path
from typing import Any

import pytest

from director.artifacts.directory import JobDirectory
from director.cli.main import main
from director.job.lock import hold
from tests.project import Project, code_of
from tests.running import plan_here

WITH_NAMES = {"alpha.py": "from names import NAME\n\n\ndef alpha():\n    return NAME\n", "names.py": "NAME = 'alpha'\n"}
ASKING = {
    "text": "I stopped.\n\nNEEDS FILE: names.py - the name is kept there\n",
    "files": {"alpha.py": "import names\n"},
}


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A planned job, the working directory in its repository, whose first executor asks for a file."""
    monkeypatch.chdir(project.root)
    project.set_call("executor", "run:alpha", ASKING)
    plan_here(project)
    return project


def asked_of_alpha(project: Project) -> list[str]:
    return [
        key for key in project.asked() if key.endswith(("run:alpha 1", "run:alpha 2", "run:alpha 3", "tests:alpha 1"))
    ]


def files_of(project: Project, name: str) -> list[str]:
    return next(list(entry["files"]) for entry in project.read("plan.json")["nodes"] if entry["id"] == name)


def statuses(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    return {entry["id"]: entry for entry in json.loads(capsys.readouterr().out)["nodes"]}


def test_a_node_whose_executor_asks_for_a_file_fails_at_once_and_lands_when_it_has_it(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = main(["run"])
    said = capsys.readouterr().out

    assert failed == 1
    assert asked_of_alpha(here) == ["test_author tests:alpha 1", "executor run:alpha 1"]
    assert "'run:alpha' asks for files that it may not change" in said
    assert "  - 'names.py': the name is kept there\n" in said
    assert "plan.json, or let it have them: director allow alpha names.py\n" in said
    metrics = here.measured()[-1]
    assert (metrics["outcome"], metrics["attempts"], metrics["escalated"]) == ("failed", 1, False)

    alpha = statuses(capsys)["alpha"]
    main(["status"])
    status = capsys.readouterr().out
    main(["show", "alpha"])
    shown = capsys.readouterr().out

    assert alpha["state"] == "failed"
    assert alpha["requests"] == [{"path": "names.py", "reason": "the name is kept there"}]
    assert "alpha asks for 'names.py': the name is kept there\nhint: director allow alpha names.py\n" in status
    assert "asks for   'names.py': the name is kept there\nhint: director allow alpha names.py\n" in shown

    allowed = main(["allow", "alpha", "names.py"])
    said = capsys.readouterr().out

    assert allowed == 0
    assert said == (
        "'alpha' may now change 'names.py' too\n"
        "stale: tests:alpha, run:alpha, run:beta, run:gamma and integrate\n"
        "'director run' goes on\n"
    )
    assert files_of(here, "alpha") == ["alpha.py", "names.py"]
    assert (statuses(capsys)["alpha"]["state"], statuses(capsys)["alpha"]["requests"]) == ("ready", [])

    here.set_call("executor", "run:alpha", {"files": WITH_NAMES})
    landed = main(["run"])

    assert landed == 0, capsys.readouterr().out
    assert asked_of_alpha(here) == ["test_author tests:alpha 1", "executor run:alpha 1", "executor run:alpha 1"]
    assert here.git("show", f"{here.branch}:names.py") == "NAME = 'alpha'"
    assert "- names.py" in here.file("logs/run/alpha/2/prompt.md").read_text()
    main(["show", "alpha", "--no-diff"])
    assert "asks for" not in capsys.readouterr().out


def test_a_node_that_asks_and_is_green_lands_and_the_request_is_noted(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    here.set_call("executor", "run:alpha", ASKING | {"files": {"alpha.py": code_of("alpha")}})

    code = main(["run:alpha"])

    assert code == 0
    said = capsys.readouterr().out
    assert "it is green without a file that it asked for: 'names.py': the name is kept there" in said
    assert statuses(capsys)["alpha"]["requests"] == []


def test_who_changed_the_file_already_instead_of_only_asking_for_it_is_told_apart_from_nothing(here: Project) -> None:
    here.set_call("executor", "run:alpha", ASKING | {"files": WITH_NAMES})

    code = main(["run:alpha"])

    assert code == 1
    assert asked_of_alpha(here)[1:] == ["executor run:alpha 1"]
    outcome = here.read("logs/run/alpha/1/outcome.json")
    assert outcome["requests"] == [{"path": "names.py", "reason": "the name is kept there"}]
    assert "changed outside what you may change: 'names.py'" in outcome["feedback"]


def test_a_request_that_is_not_granted_can_be_run_into_again_with_a_new_ladder(here: Project) -> None:
    main(["run:alpha"])
    here.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}})

    code = main(["run:alpha"])

    assert code == 0
    assert asked_of_alpha(here)[1:] == ["executor run:alpha 1", "executor run:alpha 1"]


def test_an_approval_goes_on_for_the_plan_that_a_person_widened_and_says_who_gave_it(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    before = here.read("approved/plan.json")

    main(["allow", "alpha", "names.py"])

    after = here.read("approved/plan.json")
    assert after["by"] == before["by"] == "auto"
    assert after["sha256"] != before["sha256"]
    capsys.readouterr()
    assert main(["approve"]) == 2
    assert "nothing waits for approval" in capsys.readouterr().err


def test_a_plan_that_waits_for_approval_waits_on(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.director("plan", "write the modules")
    project.director("approve")
    capsys.readouterr()

    code = main(["allow", "alpha", "names.py", "--repo", str(project.root)])

    assert code == 0
    assert capsys.readouterr().out.endswith("plan.json waits for your approval: 'director approve'\n")
    assert not project.file("approved/plan.json").exists()
    assert project.director("run").code == 4


def test_an_edit_that_nobody_approved_is_not_approved_along_with_a_file(here: Project) -> None:
    plan = here.file("plan.json")
    plan.write_text(plan.read_text().replace("Write gamma", "Write anything"))
    before = here.read("approved/plan.json")

    main(["allow", "alpha", "names.py"])

    assert here.read("approved/plan.json") == before
    assert main(["run"]) == 4


def test_the_rest_of_a_hand_written_plan_stays_as_it_was(here: Project) -> None:
    text = json.dumps({"task": "kept", "nodes": here.read("plan.json")["nodes"]}, indent=7) + "  \n"
    here.file("plan.json").write_text(text)

    code = main(["allow", "alpha", "names.py"])

    widened = here.file("plan.json").read_text()
    assert code == 0
    assert files_of(here, "alpha") == ["alpha.py", "names.py"]
    assert widened.replace(f',\n{" " * 28}"names.py"', "") == text


@pytest.mark.parametrize(
    ("files", "problems"),
    [
        (["../up.py"], ["'../up.py' holds '..'"]),
        (["/etc/passwd", "a*"], ["'/etc/passwd' is absolute", "'a*' holds a glob character"]),
        (["test_beta.py"], ["'test_beta.py' is one of node 'beta''s tests, and locked: leave it out"]),
        (["test_alpha.py"], ["'test_alpha.py' is one of its own tests, and locked: leave it out"]),
        (["alpha.py/below.py"], ["'alpha.py' cannot be a file with 'alpha.py/below.py' below it"]),
    ],
)
def test_what_a_plan_may_not_say_is_refused_with_every_problem(
    here: Project, files: list[str], problems: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = here.file("plan.json").read_bytes()
    capsys.readouterr()

    code = main(["allow", "alpha", *files])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert said.err.startswith("error: 'alpha' cannot be given '")
    assert [problem for problem in problems if problem not in said.err] == []
    assert said.err.count("\n  - ") == len(problems)
    assert here.file("plan.json").read_bytes() == before


def test_a_file_of_a_node_that_may_run_at_once_is_refused_with_the_remedy(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    codes = [main(["allow", "beta", "gamma.py"]), main(["allow", "beta", "alpha.py"])]

    assert codes == [2, 0]
    assert "both write 'gamma.py' and may run at once: make one depend on the other" in capsys.readouterr().err


def test_a_file_that_is_allowed_already_changes_nothing(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    before = here.file("plan.json").read_bytes()
    capsys.readouterr()

    code = main(["allow", "alpha", "alpha.py"])

    assert code == 0
    assert capsys.readouterr().out == "'alpha' may change that already\n"
    assert here.file("plan.json").read_bytes() == before


def test_while_another_director_holds_the_job_nothing_is_widened(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    before = here.file("plan.json").read_bytes()
    capsys.readouterr()

    with hold(JobDirectory(here.file(""))):
        done = here.director("allow", "alpha", "names.py")

    assert done.code == 6
    assert "is held by process" in done.err
    assert here.file("plan.json").read_bytes() == before


def test_a_node_that_there_is_not_is_told_and_before_a_plan_nothing_is_made(
    here: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = Project.create(tmp_path / "empty")
    before = sorted(empty.file("").rglob("*"))
    capsys.readouterr()

    codes = [main(["allow", "alhpa", "a.py"]), main(["allow", "alpha", "a.py", "--repo", str(empty.root)])]

    assert codes == [2, 2]
    assert capsys.readouterr().err == (
        "error: there is no node 'alhpa'\nhint: did you mean 'alpha'?\n"
        "error: there is no plan yet\nhint: 'director plan' makes one\n"
    )
    assert sorted(empty.file("").rglob("*")) == before


def test_a_node_that_landed_is_built_again_by_the_executor_alone(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    here.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}})
    main(["run"])
    asked = here.asked()
    here.set_call("executor", "run:alpha", {"files": WITH_NAMES})

    main(["allow", "alpha", "names.py"])
    code = main(["run"])

    assert code == 0, capsys.readouterr().out
    assert here.asked()[len(asked) :] == ["executor run:alpha 1"]


def test_a_narrower_list_has_the_tests_written_anew(here: Project) -> None:
    main(["allow", "alpha", "names.py"])
    plan = here.read("plan.json")
    next(entry for entry in plan["nodes"] if entry["id"] == "alpha")["files"] = ["names.py"]
    here.file("plan.json").write_text(json.dumps(plan))
    asked = here.asked()

    main(["plan", "--continue", "--auto", "--no-critique", "-q"])

    assert here.asked()[len(asked) :] == ["test_author tests:alpha 1"]
