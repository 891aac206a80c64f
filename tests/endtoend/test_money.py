"""What is spent: the ceiling holds with many calls at once, and a rate limit costs a wait and nothing else."""

import re
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.endtoend.test_stopping import living, read_until, start, stop
from tests.project import Project, code_of, node

NAMES = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
AGENT = """\
#!{python}
import json, os, sys, time
from pathlib import Path

role, task, attempt = next(word for word in sys.argv if word.startswith("--title="))[8:].split()
name, shared = task.partition(":")[2], Path({shared!r})
sys.stdin.read()


def tell(**event):
    print(json.dumps(event), flush=True)


def step(number, reason="tool-calls"):
    use = {{"id": f"u{{number}}", "tool": "read", "state": {{"input": {{"filePath": str(number)}}}}}}
    tell(type="tool_use", part=use)
    tell(type="step_finish", part={{"id": f"s{{number}}", "reason": reason, "cost": 0.5}})


def answer():
    Path(f"{{name}}.py").write_text(f"def {{name}}():\\n    return {{name!r}}\\n")
    tell(type="text", part={{"messageID": "m", "text": "done"}})
    step(99, reason="stop")


{body}
"""
ENDLESS = """
number = 0
while name == "alpha" and not (shared / "thrifty").exists():
    number += 1
    step(number)
    time.sleep(0.2)
answer()
"""
LIMITED = """
moment = shared / "moment"
if not moment.exists():
    moment.write_text(str(time.time() + 4))
left = float(moment.read_text()) - time.time()
if left > 0:
    headers = {"retry-after": f"{left:.2f}"}
    data = {"message": "slow", "statusCode": 429, "responseHeaders": headers}
    tell(type="error", error={"name": "APIError", "data": data})
    sys.exit(1)
answer()
"""


def spent(project: Project) -> float:
    return float(sum(record["cost_usd"] or 0.0 for record in project.records("costs.jsonl")))


def set_ceiling(project: Project, dollars: float) -> None:
    config = re.sub(r"cost_ceiling_usd.*\n", "", project.file("config.toml").read_text())
    limits = f"[limits]\ncost_ceiling_usd = {dollars:.2f}\n"
    project.file("config.toml").write_text(config.replace("[limits]\n", limits))


def executors(project: Project) -> list[str]:
    return sorted(key for key in project.asked() if key.startswith("executor"))


def ends(project: Project) -> list[str]:
    return [record["end"] for record in project.records("costs.jsonl") if record["role"] == "executor"]


def landed(project: Project) -> set[str]:
    return {path.stem for path in project.file("merged").glob("*.json")}


def limited(name: str, *waits: float) -> list[dict[str, object]]:
    """Entries of an executor that is turned away so often before it answers."""
    key = {"role": "executor", "task": f"run:{name}", "cost_usd": 0.01}
    refusals = [key | {"end": "rate_limited", "detail": "slow down", "retry_after": wait} for wait in waits]
    return [*refusals, key | {"files": {f"{name}.py": code_of(name)}}]


def limit(project: Project, name: str, *waits: float) -> None:
    project.calls = [entry for entry in project.calls if entry["task"] != f"run:{name}"] + limited(name, *waits)
    project.save()


@pytest.fixture
def dear(tmp_path: Path) -> Project:
    """A planned job of eight nodes without needs, each of which costs $1.25; they may cost $4 together."""
    project = Project.create(tmp_path / "repository", [node(name) for name in NAMES])
    for entry in project.calls:
        if entry["role"] == "executor":
            entry |= {"cost_usd": 1.25, "seconds": 0.5}
    project.save()
    project.plan()
    set_ceiling(project, spent(project) + 4)
    return project


@pytest.fixture
def apart(tmp_path: Path) -> Project:
    """A planned job of three nodes without needs."""
    project = Project.create(tmp_path / "repository", [node(name) for name in ("alpha", "beta", "gamma")])
    project.plan()
    return project


def play_opencode(project: Project, body: str) -> Path:
    """Have the executor played by a program that speaks as OpenCode does; return a directory that it looks into."""
    shared = project.root.parent / "shared"
    shared.mkdir()
    program = project.root.parent / "agent"
    program.write_text(AGENT.format(python=sys.executable, shared=str(shared), body=body))
    program.chmod(0o755)
    config = project.file("config.toml").read_text().replace('executor = "replay:.director/cassette.yaml"', "")
    tiers = '[tiers]\nexecutor = "lan/coder"\nexplorer = "replay:.director/cassette.yaml"'
    project.file("config.toml").write_text(
        config.replace("[tiers]", tiers) + f'\n[backends.opencode]\ncommand = "{program}"\nmode = "run"\n'
    )
    return shared


def test_the_ceiling_holds_with_eight_nodes_at_once_and_what_was_paid_for_lands(dear: Project) -> None:
    planning = spent(dear)

    done = dear.director("run", "-n", "8")

    assert done.code == 5, done.out + done.err
    assert spent(dear) == pytest.approx(planning + 3.75)
    assert (len(executors(dear)), len(landed(dear))) == (3, 3)
    assert f"the job has cost ${spent(dear):.2f} " in done.out
    assert f"of ${planning + 4:.2f}; no new call is started" in done.out
    assert "raise limits.cost_ceiling_usd in config.toml and run the same command again" in done.out
    assert "Traceback" not in done.out + done.err


def test_after_the_ceiling_was_raised_the_run_completes_and_no_call_is_repeated(dear: Project) -> None:
    assert dear.director("run", "-n", "8").code == 5
    set_ceiling(dear, 100)

    done = dear.director("run", "-n", "8")

    assert done.code == 0, done.out + done.err
    assert executors(dear) == sorted(f"executor run:{name} 1" for name in NAMES)
    assert landed(dear) == set(NAMES)


def test_a_second_run_below_the_same_ceiling_asks_nobody(dear: Project) -> None:
    assert dear.director("run", "-n", "8").code == 5
    asked = dear.asked()

    done = dear.director("run", "-n", "8")

    assert (done.code, dear.asked()) == (5, asked)


def test_a_program_that_tells_what_it_uses_is_ended_during_its_call(apart: Project) -> None:
    shared = play_opencode(apart, ENDLESS)
    ceiling = spent(apart) + 3
    set_ceiling(apart, ceiling)

    done = apart.director("run:alpha")
    over = spent(apart)
    (shared / "thrifty").touch()
    set_ceiling(apart, 100)
    again = apart.director("run")

    assert done.code == 5, done.out + done.err
    assert ceiling <= over <= ceiling + 2.5
    assert f"the job has cost ${over:.2f}" in done.out
    assert ends(apart)[0] == "over_budget"
    assert again.code == 0, again.out + again.err
    assert sorted(ends(apart)) == ["done", "done", "done", "over_budget"]


def test_a_rate_limit_is_waited_for_shown_with_its_moment_and_counts_as_no_attempt(apart: Project) -> None:
    limit(apart, "alpha", 1, 1)
    started = time.time()

    done = apart.director("run", "-n", "3", "--max-attempts", "1")

    assert done.code == 0, done.out + done.err
    said = re.search(r"run:alpha .* is rate limited, waits until (\d\d:\d\d:\d\d): slow down", done.out)
    assert said
    moments = [time.strftime("%H:%M:%S", time.localtime(started + seconds)) for seconds in range(120)]
    assert said[1] in moments
    assert executors(apart).count("executor run:alpha 1") == 3
    assert [metric["attempts"] for metric in apart.measured()] == [1, 1, 1]
    assert not apart.file("logs/run/alpha/2").exists()


def test_the_nodes_of_a_tier_wait_together(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "repository", [node(name) for name in NAMES])
    project.plan()
    play_opencode(project, LIMITED)

    done = project.director("run", "-n", "2")

    assert done.code == 0, done.out + done.err
    assert ends(project).count("done") == 8
    assert 1 <= ends(project).count("rate_limited") <= 3
    assert landed(project) == set(NAMES)


def test_ctrl_c_ends_a_wait_at_once(apart: Project) -> None:
    limit(apart, "alpha", 600)
    process = start(apart, "run", "-n", "3")
    read_until(process, "rate limited, waits until")

    output = stop(process, signal.SIGINT)

    assert process.returncode == 130
    assert "the same command goes on from here" in output
    assert "Traceback" not in output
    assert living() == []
    limit(apart, "alpha")
    assert apart.director("run").code == 0
    assert list(apart.file("calls").iterdir()) == []


def test_a_reset_hours_away_ends_the_run_with_its_moment(apart: Project) -> None:
    limit(apart, "alpha", 5 * 3600)
    started = time.time()

    done = apart.director("run", "-n", "1", "run:alpha")

    assert done.code == 5, done.out + done.err
    said = re.search(r"'replay:.director/cassette.yaml' is rate limited until (\S+ \S+) \S+: slow down", done.out)
    assert said
    moment = time.mktime(time.strptime(said[1], "%Y-%m-%d %H:%M:%S"))
    assert started + 5 * 3600 - 1 <= moment <= time.time() + 5 * 3600
    assert "limits.rate_limit_wait_secs" in done.out
    assert "failed" not in done.out
    limit(apart, "alpha")
    assert apart.director("run").code == 0
