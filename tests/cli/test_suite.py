"""The suite: its tasks can be planned and played, and one is run from its name to the page."""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from director.artifacts.cassettes import read_cassette
from director.cli.main import main
from director.cli.suite import PROFILES, TRIALS, suite_tasks
from director.core.cassette import Cassette, Content
from director.core.errors import ExitCode
from director.core.plan.node import Plan
from director.core.plan.validation import parse_plan
from director.core.roles import Role
from director.prompts.templates import template_path

SUITE = template_path("bench")
TASKS = ("instalments", "stock", "timesheet")
ONE = ("bench", "--suite", "stock", "--trials", "1", "-q")


def plan_of(task: str) -> Plan:
    return parse_plan((SUITE / task / "plan.json").read_text(), source=task)


def cassette(task: str, name: str) -> Cassette:
    return read_cassette(SUITE / task / f"{name}.yaml", name)


def write(root: Path, files: Mapping[str, Content]) -> None:
    for path, text in files.items():
        (root / path).write_text(str(text))


def is_green(root: Path, command: str) -> bool:
    argv = [sys.executable, "-B", *shlex.split(command)[1:]]
    return subprocess.run(argv, cwd=root, capture_output=True, check=False).returncode == 0


def test_the_tasks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["bench", "--suite"])

    assert code == ExitCode.DONE
    assert tuple(suite_tasks()) == TASKS
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[:3]] == list(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_a_plan_of_the_suite_can_be_built_and_its_tests_are_written_as_planned(task: str) -> None:
    plan, played = plan_of(task), cassette(task, "planning")

    written = {call.task: tuple(call.files) for call in played.calls if call.role is Role.TEST_AUTHOR}
    assert 3 <= len(plan.nodes) <= 5
    assert written == {f"tests:{node.id}": node.tests for node in plan.nodes}
    assert [call.task for call in played.calls if call.role is Role.EXECUTOR] == ["run:solo"]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_answers_for_every_node_in_every_trial_within_its_allowlist(task: str, profile: str) -> None:
    played = cassette(task, profile)

    for trial in range(1, TRIALS + 2):
        calls = played.of_trial(trial).calls
        answered = {call.task for call in calls if call.role is Role.EXECUTOR}
        assert answered == {f"run:{node.id}" for node in plan_of(task).nodes}
    for node in plan_of(task).nodes:
        assert {path for call in played.calls if call.task == f"run:{node.id}" for path in call.files} == {*node.files}


@pytest.mark.parametrize("task", TASKS)
def test_right_work_is_green_and_a_wrong_attempt_is_red(task: str, tmp_path: Path) -> None:
    shutil.copytree(SUITE / task / "repository", tmp_path, dirs_exist_ok=True)
    planning, nodes = cassette(task, "planning"), {f"run:{node.id}": node for node in plan_of(task).nodes}
    right = next(call.files for call in planning.calls if call.task == "run:solo")
    for call in planning.calls:
        write(tmp_path, call.files)
    played = [call for profile in PROFILES for call in cassette(task, profile).calls if call.files]
    other = {(call.task, path, text) for call in played for path, text in call.files.items() if right[path] != text}

    green = is_green(tmp_path, "python3 -m unittest")
    found = {}
    for name, path, text in other:
        write(tmp_path, {path: text})
        found[name] = is_green(tmp_path, nodes[name].test_cmd)
        write(tmp_path, {path: right[path]})

    assert green
    assert {name for name, is_right in found.items() if is_right} == ({"run:shortage"} if task == "stock" else set())
    assert len(found) >= 2


@pytest.mark.parametrize("task", TASKS)
def test_invented_figures_are_said_to_be_invented(task: str) -> None:
    for path in sorted((SUITE / task).glob("*.yaml")):
        assert "# INVENTED" in path.read_text(), path
    for path in (SUITE / "profiles").glob("*.toml"):
        assert "invented figures" in path.read_text(), path


def test_a_task_of_the_suite_is_run_by_its_name_and_again_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    codes = [main([*ONE, "--profiles", "cheap-cloud"]) for _ in range(2)]

    bench = tmp_path / "bench-stock" / ".director" / "bench"
    summary = json.loads((bench / "summary.json").read_text())
    expected = sum(call.cost_usd or 0 for call in cassette("stock", "cheap-cloud").of_trial(1).calls)
    (cheap,) = summary["arms"]
    assert codes == [ExitCode.DONE, ExitCode.DONE]
    assert (cheap["quality"], cheap["integrated"], cheap["holdout"], cheap["total"]["calls"]) == (1.0, True, False, 4)
    assert cheap["total"]["cost_usd"] == pytest.approx(expected)
    assert "Played from cassettes: cheap-cloud." in (bench / "report.html").read_text()
    said = capsys.readouterr().out
    assert "played from cassettes, which measure no model: cheap-cloud" in said
    assert f"  page     {bench / 'report.html'}" in said


def test_a_profile_of_ones_own_is_brought_to_a_task_of_the_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    profiles = tmp_path / ".director" / "profiles"
    profiles.mkdir(parents=True)
    for name in ("mine", "cheap-cloud"):
        (profiles / f"{name}.toml").write_text('[tiers]\nplanner = "nobody:a/b"\nexecutor = "nobody:a/b"\n')

    code = main([*ONE, "--profiles", "cheap-cloud,mine", "--dry-run", "--json"])

    assert code == ExitCode.DONE
    tiers = {line["what"]: line["tier"] for line in json.loads(capsys.readouterr().out)["lines"]}
    assert (tiers["mine"], tiers["cheap-cloud"]) == ("nobody:a/b", "replay:.director/suite/cheap-cloud.yaml")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--suite", "nothing"], "the suite has no task 'nothing'\nhint: there are 'instalments'"),
        (["do it", "--suite", "stock"], "a task of the suite brings a task with it"),
        (["--suite", "stock", "--plan", "plan.json"], "a task of the suite brings a plan with it"),
        (["--suite", "stock", "--repo", "taken"], "is not an empty directory\nhint: name another one: --repo DIR"),
    ],
)
def test_what_cannot_be_a_bench_of_the_suite_is_refused(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")

    code = main(["bench", *words])

    assert code == ExitCode.USAGE
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
