"""director is killed at every step of a revert; the same command then completes it."""

from pathlib import Path

from tests.faults.state import PLAN, Trial, make_trial
from tests.faults.steps import KILL

REVERT = ("revert", "b")
OTHERS = (" cache/", "| lock.", "| spans.", "| testing.", "| work.")
"""Steps that every command has in common; other tests are about them."""


def test_a_kill_at_any_step_of_a_revert_is_recovered_from_by_the_same_command(tmp_path: Path) -> None:
    trial = make_trial(tmp_path / "trial", {"a": (), "b": ("a",)})
    assert trial.director(PLAN).code == 0
    assert trial.director(["run"]).code == 0
    tree = trial.git("rev-parse", f"{branch(trial)}^{{tree}}")
    asked = trial.calls("asked")
    trial.keep("built")
    steps = [step for step in trial.steps(REVERT) if not any(other in step for other in OTHERS)]
    reverted = trial.git("rev-parse", f"{branch(trial)}^{{tree}}")

    found = [problem for step in steps for problem in killed_at(trial, step, reverted)]

    assert tree != reverted
    assert sum("git update-ref" in step for step in steps) >= 3
    assert sum("job/merged" in step for step in steps) == 1
    assert found == []
    assert trial.calls("asked") == asked


def branch(trial: Trial) -> str:
    return str(trial.read("job.json")["branch"])


def killed_at(trial: Trial, step: str, reverted: str) -> list[str]:
    """Kill a revert at a step and give the same command again; return what is wrong then."""
    trial.restore("built")
    trial.director(REVERT, "--stop-at", step, "--how", KILL)
    done = trial.director(REVERT)
    tree, commits = trial.git("rev-parse", f"{branch(trial)}^{{tree}}"), trial.git("log", "--format=%s", branch(trial))
    left = [path for place in ("merged", "tests", "kept") for path in (trial.job / place).glob("b.json")]
    if done.code != 0 or tree != reverted or commits.count("revert b") != 1 or left:
        return [f"at {step}: {done.code}, {tree}, {commits}, {left}\n{done.output}"]
    return []
