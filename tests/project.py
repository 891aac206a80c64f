"""A small real repository with a job whose agents are replayed: what most end-to-end tests start from."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CONFIG = """\
[tiers]
planner = "replay:.director/cassette.yaml"
executor = "replay:.director/cassette.yaml"

[limits]
max_attempts = 2
"""


def node(name: str, *, needs: tuple[str, ...] = (), spec: str = "") -> dict[str, Any]:
    """A node that writes a module NAME.py with a function NAME() that returns its name."""
    return {
        "id": name,
        "title": f"Write {name}",
        "spec": spec or f"{name}.py has a function {name}() that returns '{name}'.",
        "files": [f"{name}.py"],
        "depends_on": list(needs),
        "test_cmd": f"{sys.executable} -m unittest test_{name}",
        "tests": [f"test_{name}.py"],
    }


def unittest_of(name: str, value: str = "") -> str:
    """The tests of such a node."""
    return (
        f"import unittest\n\nimport {name}\n\n\nclass Test(unittest.TestCase):\n"
        f"    def test_value(self):\n        self.assertEqual({name}.{name}(), {value or name!r})\n"
    )


def code_of(name: str, value: str = "") -> str:
    """The module of such a node."""
    return f"def {name}():\n    return {value or name!r}\n"


def call(role: str, task: str, text: str = "", **more: Any) -> dict[str, Any]:
    """An entry of a cassette."""
    return {"role": role, "task": task, "text": text, "cost_usd": 0.01, **more}


def calls_of(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The calls of a job whose agents all succeed at once."""
    calls = [
        call("explorer", "recon", "A small project."),
        call("brainstorm", "spec", "# Spec\n\nModules."),
        call("planner", "gate:spec", '{"verdict": "approve"}'),
        call("planner", "decompose", json.dumps({"nodes": nodes})),
        call("planner", "gate:plan", '{"verdict": "approve"}'),
    ]
    for entry in nodes:
        name = entry["id"]
        calls.append(call("test_author", f"tests:{name}", files={f"test_{name}.py": unittest_of(name)}))
        calls.append(call("executor", f"run:{name}", files={f"{name}.py": code_of(name)}))
    return calls


@dataclass
class Done:
    """A command that ran."""

    code: int
    out: str
    err: str


@dataclass
class Project:
    """A repository, and director run in it as users run it: as a process."""

    root: Path
    calls: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def create(cls, root: Path, nodes: list[dict[str, Any]] | None = None, *, config: str = CONFIG) -> "Project":
        """Make a repository with one commit and a cassette for a job of these nodes."""
        project = cls(root, calls_of(nodes or []))
        root.mkdir(parents=True)
        (root / "README.md").write_text("A project.\n")
        (root / ".gitignore").write_text("__pycache__/\n")
        project.git("init", "-q", "-b", "main")
        project.git("add", ".")
        project.git("commit", "-qm", "first")
        (root / ".director").mkdir()
        (root / ".director" / "config.toml").write_text(config)
        project.save()
        return project

    def save(self) -> None:
        """Write the cassette."""
        cassette = {"version": 1, "calls": self.calls}
        (self.root / ".director" / "cassette.yaml").write_text(yaml.safe_dump(cassette, sort_keys=False))

    def set_call(self, role: str, task: str, *texts: dict[str, Any]) -> None:
        """Replace the entries of a role and a task by numbered attempts."""
        self.calls = [entry for entry in self.calls if (entry["role"], entry["task"]) != (role, task)]
        self.calls += [call(role, task, **{"attempt": number, **more}) for number, more in enumerate(texts, 1)]
        self.save()

    def director(self, *arguments: str, stdin: str = "", timeout: float = 120) -> Done:
        """Run director."""
        return self._run([sys.executable, "-m", "director", *arguments], stdin=stdin, timeout=timeout)

    def doit(self, *arguments: str) -> Done:
        """Run plain doit."""
        return self._run([sys.executable, "-m", "doit", *arguments])

    def _run(self, argv: list[str], *, stdin: str = "", timeout: float = 120) -> Done:
        done = subprocess.run(argv, cwd=self.root, input=stdin, capture_output=True, text=True, timeout=timeout)
        return Done(done.returncode, done.stdout, done.stderr)

    def git(self, *arguments: str) -> str:
        """Run git in the checkout."""
        done = subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def file(self, name: str) -> Path:
        """A file of the job."""
        return self.root / ".director" / name

    def read(self, name: str) -> Any:
        """A JSON file of the job."""
        return json.loads(self.file(name).read_text())

    def records(self, name: str) -> list[dict[str, Any]]:
        """The records of a file of the job."""
        path = self.file(name)
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def measured(self, kind: str = "node") -> list[dict[str, Any]]:
        """The lines of metrics.jsonl of a kind."""
        return [record for record in self.records("metrics.jsonl") if record["kind"] == kind]

    def asked(self) -> list[str]:
        """Which agents were asked, in the order in which they answered."""
        return [f"{record['role']} {record['task']} {record['attempt']}" for record in self.records("costs.jsonl")]

    @property
    def branch(self) -> str:
        """The job's branch."""
        return str(self.read("job.json")["branch"])

    def plan(self) -> None:
        """Plan without asking anybody for approval."""
        done = self.director("plan", "write the modules", "--auto", "--no-critique")
        assert done.code == 0, done.out + done.err
