"""Plain `doit` where `director init` prepared a repository, doit's commands as director's, dodo files of others."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from director.cli.main import main
from tests.project import CONFIG, Done, Project, node


def line_of(task: str, listing: str) -> str:
    """The line of a task in a listing."""
    return next((line for line in listing.splitlines() if line.startswith(f"{task} ")), "")


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository after `director init`, with replayed agents for two nodes and a task written by hand."""
    project = Project.create(tmp_path / "repository", [node("alpha"), node("beta", needs=("alpha",))])
    monkeypatch.chdir(project.root)
    project.file("config.toml").unlink()
    assert main(["init", "--yes"]) == 0
    project.file("config.toml").write_text(CONFIG)
    project.file("task.md").write_text("write the modules\n")
    return project


@pytest.fixture
def planned(prepared: Project) -> Project:
    """The same with an approved plan."""
    assert main(["plan", "--auto", "--no-critique"]) == 0
    return prepared


@pytest.fixture
def built(planned: Project) -> Project:
    """The same with everything built."""
    assert main(["run"]) == 0
    return planned


def names(listing: Done) -> list[str]:
    assert listing.code == 0, listing.err
    return [line.split()[0] for line in listing.out.splitlines()]


def test_planning_by_doit_pauses_at_both_gates(prepared: Project) -> None:
    first = prepared.doit("plan")
    prepared.director("approve", "--only")
    second = prepared.doit("plan")
    prepared.director("approve", "--only")
    third = prepared.doit("plan")

    assert (first.code, second.code, third.code) == (4, 4, 0)
    assert "spec.md waits for your approval" in first.out
    assert "plan.json waits for your approval" in second.out
    assert prepared.read("approved/plan.json")["by"] == "human"


def test_doit_lists_the_graph_before_and_after_there_is_a_plan(prepared: Project) -> None:
    before = names(prepared.doit("list", "--all"))
    prepared.plan()
    groups = prepared.doit("list")
    after = names(prepared.doit("list", "--all", "-q"))

    assert before == ["decompose", "gate", "gate:spec", "job", "recon", "slices", "spec"]
    assert {"tests:alpha", "run:beta", "gate:plan", "integrate"} <= set(after)
    assert "run         every node, landed on the job branch" in groups.out
    assert "Yield" not in groups.out


def test_doit_lists_what_is_up_to_date(planned: Project) -> None:
    states = dict(line.split()[1::-1] for line in planned.doit("list", "--all", "-s").out.splitlines())

    assert (states["spec"], states["tests:alpha"], states["run:alpha"]) == ("U", "U", "R")


def test_doit_alone_builds_and_integrates_everything_and_then_has_nothing_to_do(planned: Project) -> None:
    first = planned.doit()
    asked = planned.asked()
    second = planned.doit("-n", "4")

    assert (first.code, second.code) == (0, 0), first.out + second.err
    assert planned.file("integration.json").exists()
    assert planned.asked() == asked
    assert second.out == ""


def test_doit_builds_one_node_and_what_it_needs(planned: Project) -> None:
    done = planned.doit("-n", "4", "run:beta")

    assert done.code == 0, done.out
    assert sorted(path.stem for path in planned.file("merged").iterdir()) == ["alpha", "beta"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [("run:bate", "did you mean 'run:beta'?"), ("nosuch", "'director list --all' shows every task")],
)
def test_doit_refuses_a_task_that_there_is_not(planned: Project, name: str, hint: str) -> None:
    done = planned.doit(name)

    assert done.code == 2
    assert done.err == f"error: there is no task '{name}'\nhint: {hint}\n"


def test_doit_without_a_task_says_what_is_missing_and_begins_no_job(prepared: Project) -> None:
    prepared.file("task.md").unlink()

    done = prepared.doit()

    assert done.code == 2
    assert done.err.startswith("error: there is no task yet\nhint: ")
    assert not prepared.file("job.json").exists()


def test_doit_info_tells_whether_a_node_is_up_to_date(built: Project) -> None:
    fresh = built.doit("info", "run:beta")
    built.file("merged/alpha.json").write_text(built.file("merged/alpha.json").read_text() + "\n")
    stale = built.doit("info", "run:beta")

    assert (fresh.code, stale.code) == (0, 1)
    assert "up-to-date" in fresh.out
    assert str(built.file("merged/alpha.json")) in stale.out


def test_what_is_forgotten_is_looked_at_again_and_asks_no_agent(built: Project) -> None:
    asked = built.asked()

    forgotten = built.doit("forget", "run:beta")
    done = built.doit("run:beta")

    assert (forgotten.code, done.code) == (0, 0)
    assert "run:beta         done in" in done.out
    assert built.asked() == asked


def test_what_is_cleaned_is_restored_without_an_agent(built: Project) -> None:
    asked, marker = built.asked(), built.read("merged/beta.json")

    cleaned = built.doit("clean", "run:beta")
    gone = not built.file("merged/beta.json").exists()
    done = built.doit("run:beta")

    assert (cleaned.code, gone, done.code) == (0, True, 0)
    assert built.read("merged/beta.json") == marker
    assert built.asked() == asked


def test_a_task_is_named_by_a_file_that_it_makes_or_by_a_pattern(planned: Project) -> None:
    by_file = planned.doit(".director/merged/alpha.json")
    by_pattern = planned.doit("run:be*")

    assert (by_file.code, by_pattern.code) == (0, 0), by_file.err + by_pattern.err
    assert sorted(path.stem for path in planned.file("merged").iterdir()) == ["alpha", "beta"]


def test_a_reporter_of_doits_own_writes_where_it_is_told(planned: Project) -> None:
    done = planned.doit("-r", "json", "-o", "report.json", "run:alpha")

    assert (done.code, done.out) == (0, "")
    results = json.loads((planned.root / "report.json").read_text())["tasks"]
    assert {"run:alpha": "success"}.items() <= {entry["name"]: entry["result"] for entry in results}.items()


def test_a_pause_is_told_also_where_the_reporter_is_doits_own(prepared: Project) -> None:
    done = prepared.doit("-r", "console", "plan")

    assert done.code == 4
    assert "'director approve'" in done.err


def test_a_mistake_in_the_configuration_is_told_by_doit_without_a_traceback(prepared: Project) -> None:
    prepared.file("config.toml").write_text("[tiers\n")

    done = prepared.doit("list")

    assert done.code == 2
    assert done.err.startswith("error: '.director/config.toml', line 1")
    assert "Traceback" not in done.err


def test_doit_goes_on_after_a_kill_without_asking_twice(prepared: Project) -> None:
    prepared.plan()
    prepared.set_call("executor", "run:beta", {"seconds": 60})
    process = subprocess.Popen(
        [sys.executable, "-m", "doit", "-n", "1"], cwd=prepared.root, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    while "run:beta" not in process.stdout.readline():
        assert process.poll() is None
    process.kill()
    process.communicate()
    prepared.set_call("executor", "run:beta", {"files": {"beta.py": "def beta(): return 'beta'\n"}})

    done = prepared.doit()

    assert done.code == 0, done.out + done.err
    assert sorted(key for key in prepared.asked() if "executor" in key) == [
        "executor run:alpha 1",
        "executor run:beta 1",
    ]
    assert "run:alpha" not in done.out


def test_ctrl_c_stops_doit_with_exit_code_130(prepared: Project) -> None:
    prepared.set_call("explorer", "recon", {"seconds": 60})
    process = subprocess.Popen(
        [sys.executable, "-m", "doit"], cwd=prepared.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    while "explorer" not in process.stdout.readline():
        assert process.poll() is None
    started = time.monotonic()

    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)

    assert process.returncode == 130
    assert time.monotonic() - started < 5
    assert error == ""


def test_settings_for_doit_in_the_repository_do_not_reach_director(prepared: Project) -> None:
    (prepared.root / "pyproject.toml").write_text(
        '[tool.doit]\nbackend = "json"\ndep_file = "mine.db"\ndefault_tasks = ["nosuch"]\nreporter = "zero"\n'
        '[tool.doit.commands.list]\nquiet = true\nstatus = true\n[tool.doit.plugins.command]\nrun = "nosuch:Run"\n'
    )
    (prepared.root / "doit.cfg").write_text("[GLOBAL]\nbackend = json\n")

    listed = prepared.director("list")
    planned = prepared.director("plan", "write the modules", "--auto", "--no-critique")
    forgotten = prepared.director("forget", "tests:alpha")

    assert (listed.code, planned.code, forgotten.code) == (0, 0, 0), listed.err + planned.err + forgotten.err
    assert "decompose   plan the specification as nodes" in listed.out
    assert "tests:alpha      done in" in planned.out
    assert not (prepared.root / "mine.db").exists()
    assert prepared.file("doit.db").exists()


def test_doits_commands_are_directors_too(built: Project) -> None:
    asked = built.asked()

    info = built.director("info", "run:beta")
    forgotten = built.director("forget", "run:b*", "-s")
    pending = built.director("pending")
    reset = built.director("reset-dep")
    again = built.director("run")

    assert (info.code, forgotten.code, reset.code, again.code) == (0, 0, 0, 0)
    assert "up-to-date" in info.out
    assert "forgetting gate:plan" in forgotten.out  # -s: and what it needs
    assert "that it was built is not recorded" in line_of("run:beta", pending.out)
    assert "processed run:beta" in reset.out
    assert built.asked() == asked


def test_what_is_ignored_is_left_out_and_pending_says_so(planned: Project) -> None:
    ignored = planned.director("ignore", "run:beta")
    done = planned.director("run")
    pending = planned.director("pending")
    planned.director("forget", "run:beta")
    whole = planned.director("run")

    assert (ignored.code, done.code, whole.code) == (0, 0, 0)
    assert "still pending: 2 tasks; 'director pending' says why" in done.out
    said = "you had it ignored: 'director forget run:beta' undoes that"
    assert said in line_of("run:beta", pending.out)
    assert planned.asked().count("executor run:beta 1") == 1
    assert "git merge" in whole.out


def test_the_database_can_be_read(built: Project) -> None:
    done = built.director("dumpdb")

    assert done.code == 0
    saved = {entry["task"]: entry["saved"] for entry in map(json.loads, done.out.splitlines())}
    assert str(built.file("nodes/beta.json")) in saved["run:beta"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["info", "run:bate"], "error: there is no task 'run:bate'\nhint: did you mean 'run:beta'?\n"),
        (["forget", "nosuch"], "error: there is no task 'nosuch'\nhint: 'director list --all' shows every task\n"),
        (["ignore"], "error: the following arguments are required: TASK\nhint: 'director ignore --help' says what"),
    ],
)
def test_a_mistake_with_doits_commands_is_told_as_everywhere(
    prepared: Project, arguments: list[str], said: str
) -> None:
    prepared.file("nodes").mkdir()
    prepared.file("plan.json").write_text(prepared.calls[3]["text"])

    done = prepared.director(*arguments)

    assert done.code == 2
    assert done.err.startswith(said)


class Foreign:
    """A directory with a dodo file that has nothing to do with director."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "input").write_text("x")
        (root / "dodo.py").write_text(
            "def task_good():\n"
            "    for to in 'ab':\n"
            "        yield {'name': to, 'actions': [f'cat input > {to}'], 'file_dep': ['input'], 'targets': [to]}\n"
            "def task_bad():\n    return {'actions': ['false']}\n"
            "def task_last():\n    return {'actions': ['touch last']}\n"
        )

    def doit(self, *arguments: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "doit", *arguments], cwd=self.root, capture_output=True, text=True, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def foreign(tmp_path: Path) -> Foreign:
    return Foreign(tmp_path)


@pytest.mark.parametrize("options", [[], ["-n", "2"], ["-n", "2", "-P", "thread"]], ids=" ".join)
def test_a_foreign_dodo_file_runs_as_doit_runs_it(foreign: Foreign, options: list[str]) -> None:
    first = foreign.doit("run", *options, "good")
    second = foreign.doit(*options, "good")

    assert (first.code, second.code) == (0, 0)
    assert sorted(first.out.splitlines()) == [".  good:a", ".  good:b"]
    assert sorted(second.out.splitlines()) == ["-- good:a", "-- good:b"]
    assert (foreign.root / "a").read_text() == "x"


def test_a_failing_task_of_a_foreign_dodo_file_stops_it_with_exit_code_1(foreign: Foreign) -> None:
    done = foreign.doit()

    assert done.code == 1
    assert "TaskFailed" in done.out + done.err
    assert not (foreign.root / "last").exists()


def test_a_foreign_dodo_file_can_be_continued_after_a_failure(foreign: Foreign) -> None:
    done = foreign.doit("run", "--continue")

    assert done.code == 1
    assert (foreign.root / "last").exists()


def test_a_foreign_dodo_file_keeps_doits_own_database_and_words(foreign: Foreign) -> None:
    done = foreign.doit("nosuch")
    foreign.doit("good")

    assert done.code == 3
    assert "Must be a command, task, or a target" in done.err
    assert list(foreign.root.glob(".doit.db*"))
