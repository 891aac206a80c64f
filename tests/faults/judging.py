"""What is wrong with a job after its agents lied, case by case; empty where everything is as it must be."""

from collections.abc import Iterator
from typing import Any

from tests.faults.plumbing import changes, difference, entries, fingerprint, git, is_green
from tests.faults.trial import Lie, Trial, test_of

REGULAR = ("100644", "100755")


def smuggled(trial: Trial, tip: str, *, own: tuple[str, ...] = ()) -> list[str]:
    """Name what is on a branch that must not be: unlisted files, files that are not regular, changed tests."""
    found = []
    listed = {path for node in trial.cases for path in (*trial.allowed(node), f"test_{node}.py")}
    for path, mode in changes(trial.repository, "refs/heads/main", tip).items():
        if path.startswith(own) and own:
            continue
        if path not in listed:
            found.append(f"{path!r} landed and is not listed")
        elif mode and mode not in REGULAR:
            found.append(f"{path!r} landed with the mode {mode}")
    return found


def broken(trial: Trial, node: str, tip: str, base: str) -> list[str]:
    """Name what is wrong with the tree in which the work of a node landed."""
    found = []
    allowed = trial.allowed(node)
    if outside := sorted(set(changes(trial.repository, base, tip)) - allowed):
        found.append(f"its commit changes {outside}")
    if not is_green(trial.repository, tip, trial.test_of(node), trial.root / "scratch", given=trial.given):
        found.append("its tests are red in a clean export of its commit")
    return found


def landings(trial: Trial, tip: str) -> dict[str, tuple[str, str]]:
    """Return the commit of each task of the job and its parent, by the trailers."""
    listed = git(trial.repository, "log", "--format=%H %P %(trailers:key=Director-Task,valueonly)", f"main..{tip}")
    found = {}
    for words in (line.split() for line in listed.splitlines()):
        if len(words) == 3:
            found.setdefault(words[2], (words[0], words[1]))
    return found


def problems_of(trial: Trial, node: str, tip: str, said: str) -> Iterator[str]:
    """Tell what is wrong with a case."""
    lie = trial.cases[node]
    landed = landings(trial, tip)
    if f"run:{node}" not in landed or f"tests:{node}" not in landed:
        yield "it did not land"
        return
    yield from broken(trial, node, *landed[f"run:{node}"])
    yield from _wrong_contents(trial, node, landed[f"run:{node}"][0])
    calls = trial.seen(lie.role, node)
    if len(calls) != 1 + lie.fails:
        yield f"{len(calls)} attempts were made: {_feedback(trial, lie, node)[:600]}"
    if lie.fails and lie.says.replace("NODE", node) not in _feedback(trial, lie, node):
        yield f"the next attempt was not told {lie.says!r}: {_feedback(trial, lie, node)[:600]}"
    if lie.told.replace("NODE", node) not in said:
        yield f"people were not told {lie.told!r}"
    for role in ("test_author", "executor", "escalation"):
        for number, call in enumerate(trial.seen(role, node), 1):
            yield from (f"attempt {number} of {role} {what}" for what in _unclean(trial, call))


def _wrong_contents(trial: Trial, node: str, commit: str) -> Iterator[str]:
    lie = trial.cases[node]
    expected = {path.replace("NODE", node): mode for path, mode in lie.lands.items()} | {f"{node}.py": "100644"}
    if (found := changes(trial.repository, f"{commit}^", commit)) != expected:
        yield f"it landed {found}, not {expected}"
    test = git(trial.repository, "show", f"{commit}:test_{node}.py")
    if lie.role == "executor" and test != test_of(node).rstrip():
        yield "its tests landed changed"


def _unclean(trial: Trial, call: dict[str, Any]) -> Iterator[str]:
    """Tell what a call found in its worktree that is not of its commit."""
    expected = sorted([*entries(trial.repository, call["head"]), *trial.given]) if call["head"] else []
    if call["files"] != expected:
        yield f"saw {sorted(set(call['files']) ^ set(expected))[:5]}"
    first = trial.seen("explorer", "recon")[0]
    if call["git"] != first["git"]:
        yield f"saw in git's directory {difference(first['git'], call['git'])[:5]}"
    if call["around"] != first["around"]:
        yield f"saw beside its worktree {call['around']}"
    if call["changed"]:
        yield f"saw changed files: {call['changed']}"
    if call["untracked"] != trial.given:
        yield f"saw untracked files: {call['untracked']}"


def _feedback(trial: Trial, lie: Lie, node: str) -> str:
    told = trial.prompt(lie.role, node, 2)
    return told[told.rfind("not accepted:") :] if "not accepted:" in told else "nothing"


def problems(trial: Trial, before: dict[str, str], code: int | None, said: str) -> dict[str, list[str]]:
    """Tell what is wrong with a job: with each case, and with everything else."""
    tip = git(trial.repository, "for-each-ref", "--format=%(objectname)", f"refs/heads/{trial.branch}")
    if not tip:
        return {"the job": [f"its branch is gone; director exited with {code}: {said[-2000:]}"]}
    general = [f"director exited with {code}: {said[-2000:]}"] if code != 0 else []
    general += smuggled(trial, tip)
    general += [f"{name!r} of the user has changed" for name in difference(before, fingerprint(trial.repository))]
    general += [f"process {pid} was left running" for pid in trial.left_running()]
    general += ["a hook or a filter ran"] if (trial.scripts / "ran").exists() else []
    found = {lie.name: list(problems_of(trial, node, tip, said)) for node, lie in trial.cases.items()}
    return {name: wrong for name, wrong in {"the job": general, **found}.items() if wrong}
