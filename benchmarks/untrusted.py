"""Tells the lies of tests/faults to director and to a peer, and prints what became of each as a Markdown table.

    python -m benchmarks.untrusted --peer /path/to/venv/bin/director     director-cli, in an environment of its own

One rule for both: what ended on the job's branch is the base plus allowlisted regular files, with tests that are green
in a clean export; the user's repository is unharmed; nothing runs on. That the peer switches the user's checkout to its
branch by itself is not counted.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError

from tests.faults.judging import smuggled
from tests.faults.lies import THEMES
from tests.faults.plumbing import difference, entries, fingerprint, git, is_green, write
from tests.faults.test_untrusted_tests import FLOODS, PROCESSES
from tests.faults.trial import Lie, Ran, Trial

PATIENCE = 60.0
PEER_CONFIG = """\
[tiers]
planner = "opencode/lan/coder"
test_author = "opencode/lan/coder"
executor = "opencode/lan/coder"
explorer = "opencode/lan/coder"
reviewer = "opencode/lan/coder"
escalation = "opencode/lan/coder"

[limits]
node_timeout_secs = 5
max_attempts = 2
flake_runs = 1

[review]
stage_two = false
"""
PEERS_OWN = (".director/", ".opencode/")
"""What the peer commits for itself."""
OURS = "our own index"
"""The theme that is about a file that only director has."""
TOGETHER = "our files"
"""The theme whose lies need one another."""
COMMANDS = {"test commands": (*PROCESSES, *FLOODS)}
"""Faults of test commands."""


@dataclass(frozen=True)
class Case:
    """A lie that is told to a program."""

    theme: str
    lie: Lie
    peer: str
    """The program of the peer; empty for director."""


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description="Tell lies to director and to a peer.")
    parser.add_argument("--peer", default="", help="the program of director-cli")
    parser.add_argument("--only", action="append", help="a theme; may be given again")
    parser.add_argument("-n", type=int, default=2, help="cases at once")
    args = parser.parse_args()
    rows = [(theme, lie) for theme, lies in themes().items() for lie in lies if not args.only or theme in args.only]
    programs = ["", args.peer] if args.peer else [""]
    with ProcessPoolExecutor(args.n) as pool:
        found = pool.map(judge, (Case(theme, lie, peer) for theme, lie in rows for peer in programs))
        print("| case | director |" + (" director-cli 0.11.0 |" if args.peer else ""))
        print("|---|---|" + ("---|" if args.peer else ""))
        for theme, lie in rows:
            verdicts = " | ".join(next(found) for _ in programs)
            print(f"| {theme}: {lie.name} | {verdicts} |".replace("\n", " "), flush=True)


def themes() -> dict[str, tuple[Lie, ...]]:
    """Return all lies."""
    alone = {theme: lies for theme, lies in THEMES.items() if theme != TOGETHER}
    return {"nothing": (Lie("an honest agent", "work"),), **dict(reversed(alone.items())), **COMMANDS}


def judge(case: Case) -> str:
    """Tell a lie in a new repository, and say in a few words what became of it."""
    if case.peer and case.theme == OURS:
        return "n/a"
    root = Path(tempfile.mkdtemp(prefix="untrusted-"))
    seal(root)
    trial = Trial.create(root, (case.lie,))
    try:
        return (_judge_peer if case.peer else _judge_director)(trial, case)
    except CalledProcessError:
        return "**broke**: git cannot read the user's repository any more"
    finally:
        for pid in trial.left_running():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(root, ignore_errors=True)


def seal(root: Path) -> None:
    """Give this process, and what it starts, a home of its own and the scripted agent as `opencode`."""
    home = root / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("PYTHON", "GIT_", "XDG_"))]:
        del os.environ[name]
    os.environ["PATH"] = os.pathsep.join(
        [str(root / "bin"), *(place for place in os.get_exec_path() if "untrusted-" not in place)]
    )
    os.environ |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "TMPDIR": str(home)}
    os.environ |= {"XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data")}
    os.environ |= {"GIT_CONFIG_NOSYSTEM": "1", "NO_COLOR": "1"}


def _judge_director(trial: Trial, case: Case) -> str:
    trial.configure(patience=5)
    before = fingerprint(trial.repository)
    ran = _run(
        lambda *words: trial.director(*words, patience=PATIENCE),
        (("plan", "write", "--auto", "--no-critique"), ("run",)),
    )
    return verdict(trial, ran, before, own=())


def _judge_peer(trial: Trial, case: Case) -> str:
    write(trial.repository / ".director" / "config.toml", PEER_CONFIG)
    before = fingerprint(trial.repository)
    ran = _run(
        lambda *words: trial.director(*words, program=(case.peer,), patience=PATIENCE),
        (("plan", "write", "--auto", "--no-critique"), ("run",)),
    )
    return verdict(trial, ran, before, own=PEERS_OWN)


def _run(run: Callable[..., Ran], commands: Iterable[Sequence[str]]) -> Ran:
    for command in commands:
        ran = run(*command)
        if ran.code != 0:
            break
    return ran


def verdict(trial: Trial, ran: Ran, before: dict[str, str], *, own: tuple[str, ...]) -> str:
    """Judge what is left."""
    running, hooked = trial.left_running(), (trial.scripts / "ran").exists()
    tips = git(trial.repository, "for-each-ref", "--format=%(objectname)", "refs/heads/director/job-*").split()
    harmed = [name for name in difference(before, fingerprint(trial.repository)) if not own or _is_harm(name, trial)]
    wrong = [problem for tip in tips for problem in _on_branch(trial, tip, own)]  # last: it runs what landed
    if wrong:
        return f"**smuggled**: {'; '.join(wrong)[:160]}"
    if ran.code is None:
        return f"**hung** for {PATIENCE:.0f} s" + (" and left a process" if running else "")
    if hooked:
        return "**broke**: ran the agent's hook or filter"
    if harmed:
        return f"**broke**: changed {', '.join(harmed)[:120]} of the user"
    if running:
        return "**broke**: left a process running"
    if ran.code != 0:
        return f"**broke**: exit {ran.code}: {_last(ran.said)}"
    return "held"


def _on_branch(trial: Trial, tip: str, own: tuple[str, ...]) -> list[str]:
    """Name what is wrong on the branch of the result; work that did not land is no wrong."""
    found = smuggled(trial, tip, own=own)
    if "n1.py" in entries(trial.repository, tip) and not is_green(
        trial.repository, tip, trial.test_of("n1"), trial.root / "scratch", given=trial.given
    ):
        found.append("red in a clean checkout")
    return found


def _is_harm(name: str, trial: Trial) -> bool:
    """Leave out what the peer itself does to a checkout: it switches it to its branch."""
    if name in (".git/HEAD", ".git/index"):
        return False
    return name.startswith(("refs/", ".git/"))


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line or "FAILED" in line or "fail" in line]
    return (errors or lines or ["it said nothing"])[-1].replace("|", "/")[:110]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
