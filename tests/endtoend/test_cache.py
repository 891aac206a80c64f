"""Work that was verified before is not paid for again: the same node lands from the cache, by its gate."""

import base64
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.caching import built, executors, kept, paid_project, patch_of
from tests.endtoend.test_published import assert_fits
from tests.project import Project, code_of, node
from tests.running import Running, wait_until


@pytest.fixture
def first(tmp_path: Path) -> Project:
    """A job whose nodes were paid for."""
    return built(tmp_path / "first")


def poison(home: Path, name: str, **changes: Any) -> None:
    """Change a node's patch in the cache."""
    path = patch_of(home, name)
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def file_of(text: str, mode: str = "100644") -> dict[str, str]:
    """A file of a patch."""
    return {"mode": mode, "content": base64.urlsafe_b64encode(text.encode()).decode()}


def test_a_second_job_of_the_same_nodes_asks_no_executor_and_says_what_that_saved(
    first: Project, tmp_path: Path, sealed: Path
) -> None:
    second = paid_project(tmp_path / "second")
    second.plan()
    done = second.director("run")

    assert done.code == 0, done.out
    assert executors(first) == ["executor run:alpha 1", "executor run:beta 1"]
    assert executors(second) == []
    assert second.git("show", f"{second.branch}:beta.py") == code_of("beta").strip()
    assert "2 nodes from the cache, $0.5000 saved" in done.out
    assert second.director("run").out.count("saved") == 0
    for command in (["status"], ["report", "--format", "md"]):
        assert "2 nodes from the cache, $0.5000 saved" in second.director(*command).out
    assert "from the user's cache: command:mine/coder-1 made it" in second.director("show", "alpha").out
    assert [line["tier"]["backend"] for line in second.measured()] == ["cache", "cache"]
    (run,) = [line for line in second.measured("run") if line["landed"]]
    assert (run["landed"], run["reused"], run["saved_usd"], run["executor_completion"]) == (2, 2, 0.5, None)
    for path in kept(sealed):
        assert_fits("patch", path.read_text())
    assert_fits("reuse", second.file("logs/run/alpha/cache/reuse.json").read_text())


def test_another_title_is_the_same_work_and_another_file_is_not(first: Project, tmp_path: Path) -> None:
    nodes = [node("alpha") | {"title": "Otherwise", "id": "one"}, node("beta", needs=("one",))]
    nodes[1]["files"] = ["beta.py", "more.py"]
    second = paid_project(tmp_path / "second", nodes)
    second.set_call(
        "test_author",
        "tests:one",
        {"files": {"test_alpha.py": first.git("show", f"{first.branch}:test_alpha.py") + "\n"}},
    )
    second.plan()

    assert second.director("run").code == 0
    assert executors(second) == ["executor run:beta 1"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files": {"alpha.py": file_of("def alpha():\n    return 'wrong'\n")}}, "failed in a clean checkout"),
        ({"files": {"alpha.py": file_of("import os\nos._exit(0)\n")}}, "it exited with 0 but ran no test"),
        ({"files": {"alpha.py": None, "README.md": file_of("spoilt\n")}}, "it changes what the node may not"),
        ({"files": {"test_alpha.py": file_of("print('no test')\n")}}, "it changes what the node may not"),
    ],
    ids=["wrong", "exits", "outside", "tests"],
)
def test_a_patch_that_does_not_pass_costs_one_gate_and_an_agent_is_asked(
    first: Project, tmp_path: Path, sealed: Path, changes: dict[str, Any], said: str
) -> None:
    poison(sealed, "alpha", **changes)
    second = paid_project(tmp_path / "second")
    second.plan()

    done = second.director("run")

    assert done.code == 0, done.out
    assert executors(second) == ["executor run:alpha 1"]
    assert done.out.count("did not pass and is dropped") == 1
    assert said in done.out
    assert second.git("show", f"{second.branch}:README.md") == "A project."
    assert [line["attempts"] for line in second.measured()] == [1, 0]
    assert second.git("for-each-ref", f"refs/director/{second.read('job.json')['id']}") == ""
    assert json.loads(patch_of(sealed, "alpha").read_text())["job"] == second.read("job.json")["id"]


def test_what_is_no_patch_at_all_is_dropped_unseen(first: Project, tmp_path: Path, sealed: Path) -> None:
    poison(sealed, "alpha", files={"alpha.py": file_of("../README.md", mode="120000")})
    patch_of(sealed, "beta").write_text('{"torn')
    second = paid_project(tmp_path / "second")
    second.plan()

    done = second.director("run")

    assert done.code == 0, done.out
    assert executors(second) == ["executor run:alpha 1", "executor run:beta 1"]
    assert "did not pass" not in done.out


def test_a_remote_gives_a_colleague_what_was_pushed_and_nothing_else_is_given_away(
    first: Project, tmp_path: Path, sealed: Path
) -> None:
    built(tmp_path / "other", [node("gamma")])
    bare = tmp_path / "bare.git"
    first.git("init", "-q", "--bare", str(bare))
    first.git("remote", "add", "origin", str(bare))
    pushed = first.director("cache", "push", "--remote", "origin")
    again = first.director("cache", "push", "--remote", "origin")
    shutil.rmtree(sealed / ".cache")
    colleague = paid_project(tmp_path / "second", more='[cache]\nremote = "origin"\n')
    colleague.git("remote", "add", "origin", str(bare))
    colleague.plan()

    done = colleague.director("run")

    assert "gave 'origin' 2 patches; it had 0 already" in pushed.out + pushed.err
    assert "gave 'origin' 0 patches; it had 2 already" in again.out
    assert done.code == 0, done.out
    assert executors(colleague) == []
    assert "from the cache of 'origin'" in colleague.director("show", "beta").out
    assert colleague.git("for-each-ref", "refs/director/cache") == ""
    assert len(kept(sealed)) == 2


def test_a_poisoned_remote_costs_one_gate_and_one_that_is_away_a_line(
    first: Project, tmp_path: Path, sealed: Path
) -> None:
    bare = tmp_path / "bare.git"
    first.git("init", "-q", "--bare", str(bare))
    first.git("remote", "add", "origin", str(bare))
    poison(sealed, "alpha", files={"alpha.py": file_of("def alpha():\n    return 'wrong'\n")})
    first.director("cache", "push", "--remote", "origin")
    shutil.rmtree(sealed / ".cache")
    config = '[cache]\nremote = "origin"\n'
    second = paid_project(tmp_path / "second", more=config)
    second.git("remote", "add", "origin", str(bare))
    second.plan()
    poisoned = second.director("run")
    third = paid_project(tmp_path / "third", [node("gamma"), node("delta")], more=config)
    third.plan()
    alone = third.director("run")

    assert (poisoned.code, alone.code) == (0, 0)
    assert executors(second) == ["executor run:alpha 1"]
    assert poisoned.out.count("did not pass and is dropped") == 1
    assert alone.out.count("the cache of 'origin' cannot be asked") == 1
    assert sorted(executors(third)) == ["executor run:delta 1", "executor run:gamma 1"]


def test_killed_while_a_patch_is_tried_a_run_goes_on_and_pays_nobody(tmp_path: Path) -> None:
    slow = node("alpha") | {"test_cmd": f"sleep 1; {sys.executable} -m unittest test_alpha"}
    built(tmp_path / "first", [slow])
    second = paid_project(tmp_path / "second", [slow])
    second.plan()

    running = Running.start(second, "run")
    wait_until(second.file("logs/run/alpha/cache/gate.txt").exists)
    os.kill(running.process.pid, signal.SIGKILL)
    running.ends()
    done = second.director("run")

    assert done.code == 0, done.out
    assert executors(second) == []
    assert second.director("run").code == 0


def test_who_records_or_switches_it_off_asks_the_agents(first: Project, tmp_path: Path, sealed: Path) -> None:
    recorded = paid_project(tmp_path / "recorded", [node("alpha")])
    recorded.director("plan", "x", "--auto", "--no-critique", "--record", "r.yaml")
    recorded.director("run", "--record", "r.yaml")
    off = built(tmp_path / "off", [node("gamma")], more="[cache]\nenabled = false\n")

    assert executors(recorded) == ["executor run:alpha 1"]
    assert executors(off) == ["executor run:gamma 1"]
    assert len(kept(sealed)) == 2


def test_what_is_played_is_not_kept(project: Project, sealed: Path) -> None:
    project.plan()

    assert project.director("run").code == 0
    assert kept(sealed) == []
