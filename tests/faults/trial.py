"""One job in which agents lie: its repository, its scripts, and what is true of it afterwards.

The judgement is made with nothing of director's: by git's plumbing, in an export of our own, with a home of its own.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.faults import agent
from tests.faults.plumbing import end, git, write

CONFIG = """\
[tiers]
planner = "lan/coder"
executor = "lan/coder"

[backends.opencode]
command = "{program}"
mode = "run"

[limits]
max_attempts = 2
test_timeout_secs = {patience}
node_timeout_secs = 60

[review]
stage_two = false
"""
PRELUDE = """\
work() { cp -R "$SCRIPTS/work/$NODE/." .; }
tests() { cp -R "$SCRIPTS/tests/$NODE/." .; }
wrong() { printf 'def value():\\n    return "wrong"\\n' > "$NODE.py"; }
leave() { "$@" & echo $! >> "$SCRIPTS/pids"; }
user() { git -C "$REPO" "$@"; }
"""
_CLOCK_SECONDS = 2.0
"""By so much the time at which a process began may be wrong: the system counts from a whole second."""
SHARED = {
    "README.md": "A project.\n",
    ".gitignore": "__pycache__/\n*.log\nbuild/\n",
    "run.sh": "#!/bin/sh\n",
    "keep/file.txt": "kept\n",
}
TEST = "{python} -SE -m unittest test_NODE"


@dataclass(frozen=True)
class Lie:
    """What an agent does in its first attempt, and what must become of it. NODE stands for the node's id."""

    name: str
    does: str
    """A shell script, run in the worktree; `work`, `tests`, `wrong`, `leave` and `user` are at hand."""
    role: str = "executor"
    files: tuple[str, ...] = ()
    """What may be changed besides NODE.py."""
    base: Mapping[str, str] = field(default_factory=dict)
    """What the repository holds before."""
    lands: Mapping[str, str] = field(default_factory=dict)
    """What lands besides NODE.py: the mode of each file; no mode for one that goes."""
    says: str = ""
    """The attempt fails, and this is said to the next one; else the attempt lands."""
    told: str = ""
    """What people are told."""
    test: str = TEST
    setup: str = ""
    """A shell script that runs in the user's repository before."""

    @property
    def fails(self) -> bool:
        """Tell whether the first attempt must fail."""
        return bool(self.says)


@dataclass(frozen=True)
class Ran:
    """A command that ended, or was ended after its time."""

    code: int | None
    said: str


@dataclass(frozen=True)
class Trial:
    """A job with a node for each lie."""

    root: Path
    cases: Mapping[str, Lie]
    """By the node's id."""
    given: Mapping[str, str] = field(default_factory=dict)
    """What every worktree holds besides its commit."""

    @property
    def repository(self) -> Path:
        """The user's repository."""
        return self.root / "repository"

    @property
    def scripts(self) -> Path:
        """What the scripted agent plays."""
        return self.root / "scripts"

    @property
    def program(self) -> Path:
        """The scripted agent."""
        return self.root / "bin" / "opencode"

    @classmethod
    def create(cls, root: Path, lies: Sequence[Lie], *, given: Mapping[str, str] | None = None) -> "Trial":
        """Make the repository and the scripts."""
        trial = cls(root, {f"n{number}": lie for number, lie in enumerate(lies, 1)}, given or {})
        trial._make_repository()
        trial._make_scripts()
        agent.install(trial.scripts, trial.program)
        return trial

    def _make_repository(self) -> None:
        self.repository.mkdir(parents=True)
        base = {place: text for node, lie in self.cases.items() for place, text in _named(lie.base, node).items()}
        for place, text in {**SHARED, **base}.items():
            write(self.repository / place, text)
        (self.repository / "run.sh").chmod(0o755)
        git(self.repository, "init", "-q", "-b", "main")
        git(self.repository, "config", "user.name", "Ada")
        git(self.repository, "config", "user.email", "ada@example.org")
        git(self.repository, "add", "--all", "--force")
        git(self.repository, "commit", "-qm", "first")
        git(self.repository, "branch", "side")
        for lie in self.cases.values():
            subprocess.run(["/bin/sh", "-euc", lie.setup], cwd=self.repository, check=True)

    def _make_scripts(self) -> None:
        self.scripts.mkdir()
        (self.scripts / "repository").symlink_to(self.repository)
        write(self.scripts / "prelude", PRELUDE)
        write(self.scripts / "explorer.txt", "A small project.")
        write(self.scripts / "brainstorm.txt", "# Spec\n\nModules.")
        write(self.scripts / "reviewer.txt", '{"findings": []}')
        write(self.scripts / "planner.txt", json.dumps({"nodes": self.nodes()}))
        for role in ("executor", "escalation"):
            write(self.scripts / f"{role}.sh", "work")
        write(self.scripts / "test_author.sh", "tests")
        for node, lie in self.cases.items():
            write(self.scripts / f"{lie.role}.{node}.1.sh", lie.does)
            write(self.scripts / "work" / node / f"{node}.py", 'def value():\n    return "right"\n')
            write(self.scripts / "tests" / node / f"test_{node}.py", test_of(node))

    def nodes(self) -> list[dict[str, Any]]:
        """The plan."""
        return [
            {
                "id": node,
                "title": lie.name,
                "spec": f"{node}.py has a function value() that returns 'right'.",
                "files": sorted(self.allowed(node)),
                "depends_on": [],
                "test_cmd": self.test_of(node),
                "tests": [f"test_{node}.py"],
            }
            for node, lie in self.cases.items()
        ]

    def test_of(self, node: str) -> str:
        """The command that decides."""
        return self.cases[node].test.replace("{python}", sys.executable).replace("NODE", node)

    def allowed(self, node: str) -> set[str]:
        """What an executor may change."""
        return {f"{node}.py", *(place.replace("NODE", node) for place in self.cases[node].files)}

    def director(self, *arguments: str, program: Sequence[str | Path] = (), patience: float = 60) -> Ran:
        """Run director, or another program in its stead; one that takes too long is ended."""
        argv = [*(program or (sys.executable, "-m", "director")), *arguments]
        with (self.root / "said").open("w+b") as said:
            process = subprocess.Popen(
                argv, cwd=self.repository, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
            try:
                code = process.wait(patience)
            except subprocess.TimeoutExpired:
                end(process)
                code = None
            said.seek(0)
            return Ran(code, said.read().decode(errors="replace"))

    def configure(self, *, patience: float = 30, more: str = "") -> None:
        """Write director's configuration."""
        config = CONFIG.format(program=self.program, patience=patience) + more
        write(self.repository / ".director" / "config.toml", config)

    @property
    def branch(self) -> str:
        """The job's branch."""
        return str(json.loads((self.repository / ".director" / "job.json").read_text())["branch"])

    def prompt(self, role: str, node: str, attempt: int) -> str:
        """What an attempt was told."""
        kind = "tests" if role == "test_author" else "run"
        place = self.repository / ".director" / "logs" / kind / node / str(attempt) / "prompt.md"
        return place.read_text(errors="surrogateescape") if place.exists() else ""

    def seen(self, role: str, node: str) -> list[dict[str, Any]]:
        """What the attempts found in their worktrees, in order."""
        places = sorted((self.scripts / "seen").glob(f"{role}.{node}.*.json"))
        return [json.loads(place.read_text()) for place in places]

    def left_running(self) -> list[int]:
        """Which of the recorded processes are alive."""
        recorded = self.scripts / "pids"
        if not recorded.exists():
            return []
        pids, written = set(map(int, recorded.read_text().split())), recorded.stat().st_mtime
        return sorted(pid for pid in pids if _is_alive(pid, began=written))


def test_of(node: str) -> str:
    """The honest tests of a node."""
    return (
        f"import unittest\n\nimport {node}\n\n\nclass Test(unittest.TestCase):\n"
        f"    def test_value(self):\n        self.assertEqual({node}.value(), 'right')\n"
    )


test_of.__test__ = False  # type: ignore[attr-defined]


def _named(places: Mapping[str, str], node: str) -> dict[str, str]:
    return {place.replace("NODE", node): text for place, text in places.items()}


def _is_alive(pid: int, *, began: float) -> bool:
    """Tell whether a process lives that began by then: its number may be that of a later one by now."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() < began + _CLOCK_SECONDS
    except psutil.NoSuchProcess:
        return False
