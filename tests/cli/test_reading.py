"""The commands that only read: before there is a job, while it waits, and when all is done."""

import json

import pytest

from director.cli.main import main
from tests.project import Project

START = 'start one: director plan "what you want done"'


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project as working directory."""
    monkeypatch.chdir(project.root)
    return project


def files(project: Project) -> set[str]:
    return {str(path.relative_to(project.root)) for path in project.file("").rglob("*")}


def test_before_a_job_status_says_how_to_start_one(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["status"])

    assert code == 0
    assert capsys.readouterr().out == f"there is no job here yet; {START}\n"


def test_before_a_job_status_is_a_document_too(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["status", "--json"])

    status = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (status["version"], status["job"], status["nodes"], status["calls"]) == (1, "", [], 0)
    assert "recon" in status["pending"]


def test_a_task_written_by_hand_is_a_job_that_only_has_to_go_on(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    here.file("task.md").write_text("write the modules\n")

    main(["status"])

    assert capsys.readouterr().out == "there is no job here yet; go on with: director plan\n"


def test_before_a_job_pending_lists_the_way_to_a_plan(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["pending"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert [line.partition(" ")[0] for line in lines[:7]] == [
        "task",
        "job",
        "recon",
        "spec",
        "gate:spec",
        "decompose",
        "slices",
    ]
    assert lines[-1] == f"there is no task yet; {START}"


def test_before_a_job_list_shows_the_tasks_that_lead_to_a_plan(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["list", "--all", "-q"])

    assert code == 0
    assert capsys.readouterr().out.split() == ["decompose", "gate", "gate:spec", "job", "recon", "slices", "spec"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "alpha"], "error: there is no plan yet\nhint: 'director plan' makes one\n"),
        (
            ["explain", "run:alpha"],
            "error: there is no task 'run:alpha'\nhint: 'director list --all' shows every task\n",
        ),
        (["approve"], "error: nothing waits for approval\nhint: 'director pending' shows what there is to do\n"),
        (["run"], 'error: there is no task yet\nhint: say what you want done: director plan "…"\n'),
        (["run:alpha"], 'error: there is no task yet\nhint: say what you want done: director plan "…"\n'),
        (["plan"], 'error: there is no task yet\nhint: say what you want done: director plan "…", or --file FILE\n'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_before_a_job_what_needs_one_says_so(
    here: Project, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(arguments)

    assert code == 2
    assert capsys.readouterr().err == said


def test_before_a_job_there_is_nothing_to_delete(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["clean"])

    assert code == 0
    assert capsys.readouterr().out == "there is nothing to delete\n"


@pytest.mark.parametrize(
    "arguments", [["status"], ["pending"], ["list", "-s"], ["info", "spec"], ["explain", "spec"], ["dumpdb"]]
)
def test_what_only_reads_creates_nothing(
    here: Project, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(here)

    main(arguments)

    assert files(here) == before


def test_while_planning_waits_status_says_what_there_is(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.director("plan", "write the modules")

    code = main(["status"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0] == "there is no plan yet"
    assert lines[1].endswith("0 of 0 nodes landed")
    assert lines[2] == "$0.0200 in 2 calls"
    assert lines[3] == "pending: 3 tasks; 'director pending' says why, 'director run' goes on"


def test_an_executor_that_is_stopped_by_a_failure_of_another_is_seen_in_status(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    here.set_call("executor", "run:alpha", {"end": "error"}, {"end": "error"})
    here.set_call("escalation", "run:alpha", {"attempt": 3, "end": "error"})
    here.plan()
    here.director("run")

    main(["status", "--json"])

    nodes = json.loads(capsys.readouterr().out)["nodes"]
    assert [(node["id"], node["state"], node["attempts"]) for node in nodes] == [
        ("alpha", "failed", 3),
        ("beta", "waiting", 0),
        ("gamma", "waiting", 0),
    ]


def test_a_node_is_shown_with_its_attempts_and_its_diff(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.plan()
    here.director("run:alpha")

    main(["show", "alpha"])
    whole = capsys.readouterr().out
    main(["show", "run:alpha", "--no-diff"])
    short = capsys.readouterr().out

    assert whole.startswith(short)
    assert "state      landed\n" in short
    assert f"attempt    {here.file('logs/run/alpha/1')}: executor, passed\n" in short
    assert "+    return 'alpha'\n" in whole[len(short) :]


def test_a_node_that_there_is_not_is_told_with_those_that_there_are(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    here.plan()

    codes = [main(["show", "alhpa"]), main(["show", "other"]), main(["explain", "run:bet"])]

    assert codes == [2, 2, 2]
    said = capsys.readouterr().err.splitlines()
    assert said[1::2] == [
        "hint: did you mean 'alpha'?",
        "hint: the nodes are alpha, beta and gamma",
        "hint: did you mean 'run:beta'?",
    ]


def test_a_group_is_pending_because_of_its_members(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.plan()

    main(["explain", "run"])
    pending = capsys.readouterr().out
    main(["explain", "plan"])
    done = capsys.readouterr().out

    assert pending == "".join(
        f"run:{name} is pending:\n  - 'merged/{name}.json' does not exist\n" for name in ("alpha", "beta", "gamma")
    )
    assert done == "plan is up to date: all that it reads is as it was built\n"
