"""Trials: a small job in the repository of a user who is in the middle of something, and what must hold of both."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.faults.steps import launcher

PLAN = ("plan", "write the files", "--auto", "-n", "1")
RUN = ("run", "-n", "1")
STAY_SECONDS = 8
"""How long processes may outlive a killed director: its guardian has to start and to end them."""
CONFIG = """\
[tiers]
planner = "replay:.director/cassette.yaml"
executor = "replay:.director/cassette.yaml"

[limits]
max_attempts = 2

[gates]
whole = "test -f README"
"""
_OURS = re.compile(
    r"\.git/(logs/)?refs/(heads/)?director\b|\.git/objects\b|\.director(?!/(config\.toml|cassette\.yaml)$)"
)
_LEFT_OVER = re.compile(r"\.lock$|\.unfinished$|\.new$|^\..+\.[a-z0-9_]{8}$|^holder\.json$")
HOOKS = ("pre-commit", "post-commit", "post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc")


@dataclass(frozen=True)
class Done:
    """A run of director, and all that it printed."""

    code: int
    output: str


@dataclass(frozen=True)
class Trial:
    """A place with a repository, a home, a directory for temporary files and a record of the calls of agents."""

    place: Path
    records: Path
    """Where output and calls are written: not where director works."""

    @property
    def repository(self) -> Path:
        """The user's checkout."""
        return self.place / "repository"

    @property
    def job(self) -> Path:
        """The job directory."""
        return self.repository / ".director"

    @property
    def home(self) -> Path:
        """The user's home."""
        return self.place / "home"

    def environment(self) -> dict[str, str]:
        """Return the environment of everything that runs here."""
        own = {"HOME": self.home, "XDG_CACHE_HOME": self.home / ".cache", "TMPDIR": self.place / "temporary"}
        return {**os.environ, **{name: str(path) for name, path in own.items()}}

    def start(self, words: Sequence[str], *steps: str) -> int:
        """Start director and return its process's id."""
        (self.records / "output").write_bytes(b"")  # here: what is started may be killed before it opens anything
        return launcher().start(
            words=[*steps, "--calls", str(self.records / "calls"), "--", *words],
            directory=str(self.repository),
            environment=self.environment(),
            output=str(self.records / "output"),
        )

    def wait(self) -> Done:
        """Wait for the run that was started."""
        code = launcher().wait()
        return Done(code, (self.records / "output").read_text(errors="replace"))

    def director(self, words: Sequence[str], *steps: str) -> Done:
        """Run director."""
        self.start(words, *steps)
        return self.wait()

    def steps(self, words: Sequence[str]) -> list[str]:
        """Run director and return its steps."""
        record = self.records / "steps"
        record.unlink(missing_ok=True)
        done = self.director(words, "--record", str(record))
        assert done.code == 0, done.output
        return record.read_text().splitlines()

    def git(self, *arguments: str) -> str:
        """Run git in the checkout."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.repository, env=self.environment(), check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def read(self, name: str) -> Any:
        """Return a JSON file of the job."""
        return json.loads((self.job / name).read_text())

    def calls(self, word: str) -> Counter[str]:
        """Count the calls that were `asked`, or those whose answers `arrived`, as the launcher saw them."""
        path = self.records / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return Counter(line.partition(" ")[2] for line in lines if line.startswith(f"{word} "))

    def keep(self, name: str) -> None:
        """Keep everything as it is now."""
        shutil.copytree(self.place, self._kept(name), symlinks=True)

    def restore(self, name: str) -> None:
        """Make everything as it was kept."""
        shutil.rmtree(self.place)
        shutil.copytree(self._kept(name), self.place, symlinks=True)

    def _kept(self, name: str) -> Path:
        return self.place.with_name(f"{self.place.name}.{name}")


def make_trial(
    place: Path, needs: Mapping[str, Sequence[str]], *, seconds: float = 0, records: Path | None = None
) -> Trial:
    """Make the repository of a user who has changed, staged and stashed something, and a job of some nodes."""
    trial = Trial(place, records or place)
    for directory in (trial.repository, trial.home, place / "temporary"):
        directory.mkdir(parents=True)
    _write(trial.repository, {"README": "A project.\n", "changed": "1\n", "staged": "1\n", "stashed": "1\n"})
    trial.git("init", "-q", "-b", "main")
    trial.git("add", ".")
    trial.git("commit", "-qm", "first")
    trial.git("branch", "other")
    trial.git("tag", "-am", "a tag", "v1")
    _write(trial.repository, {"stashed": "2\n"})
    trial.git("stash", "-q")
    _write(trial.repository, {"staged": "2\n"})
    trial.git("add", "staged")
    _write(trial.repository, {"changed": "2\n", "new": "untracked\n", ".git/info/exclude": "*.o\n.director\n"})
    (trial.repository / "changed").chmod(0o755)
    _write_hooks(trial.repository)
    calls = [{**call, "seconds": seconds, "cost_usd": 0.01} for call in _calls(needs)]
    cassette = yaml.safe_dump({"version": 1, "calls": calls}, sort_keys=False)
    _write(trial.job, {"config.toml": CONFIG, "cassette.yaml": cassette})
    return trial


def snapshot(trial: Trial) -> dict[str, object]:
    """Return everything of the user's repository that director may not change: bytes, modes, links, refs."""
    found = {}
    for path in sorted(trial.repository.rglob("*")):
        name = str(path.relative_to(trial.repository))
        if not _OURS.match(name):
            content = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
            found[name] = (path.lstat().st_mode, content)
    refs = trial.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    found["refs"] = [ref for ref in refs if not ref.startswith(("refs/heads/director/", "refs/director/"))]
    found["stash"] = trial.git("stash", "list", "--format=%H")
    return found


def problems(trial: Trial, before: Mapping[str, object], nodes: Collection[str], *, planned: bool = False) -> list[str]:
    """Return what is wrong after a job was completed, or only planned; nothing should be."""
    return [
        *_changed(before, snapshot(trial)),
        *_left_over(trial),
        *repeated(trial),
        *_missing(trial, nodes, [] if planned else nodes),
        *(f"{command} is red at {commit[:12]}" for commit, command in _red(trial)),
    ]


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return [f"the user's {name} is not as before" for name in names]


def repeated(trial: Trial) -> list[str]:
    """Return the calls that were made again although their answers had arrived."""
    path = trial.records / "calls"
    arrived, found = set(), []
    for line in path.read_text().splitlines() if path.exists() else ():
        word, _, call = line.partition(" ")
        if word == "asked" and call in arrived:
            found.append(f"{call} was asked again after its answer had arrived")
        elif word == "arrived":
            arrived.add(call)
    return found


def _left_over(trial: Trial) -> Iterator[str]:
    places = (trial.job, trial.repository / ".git", trial.place / "temporary")
    for path in (path for place in places for path in place.rglob("*")):
        if _LEFT_OVER.search(path.name) or path.parent.name in ("calls", "temporary"):
            yield f"{path.relative_to(trial.place)} is left over"


def _missing(trial: Trial, nodes: Collection[str], built: Collection[str]) -> Iterator[str]:
    tip = trial.git("rev-parse", trial.read("job.json")["branch"])
    landed = Counter(task for _, task in landings(trial))
    if landed != Counter([*(f"tests:{name}" for name in nodes), *(f"run:{name}" for name in built)]):
        yield f"landed: {dict(landed)}"
    files = {"README", "changed", "staged", "stashed", *built, *(f"check-{name}" for name in nodes)}
    if found := files ^ set(trial.git("ls-tree", "-r", "--name-only", tip).splitlines()):
        yield f"the tip has or lacks {sorted(found)}"
    markers = [*(f"tests/{name}.json" for name in nodes), *(f"merged/{name}.json" for name in built)]
    yield from (f"{marker} is missing" for marker in markers if not (trial.job / marker).exists())
    if built and trial.read("integration.json")["commit"] != tip:
        yield "the tip is not what was integrated"


def landings(trial: Trial) -> list[tuple[str, str]]:
    """Return the commits of the job branch and their tasks, oldest first."""
    job = trial.read("job.json")
    told = "--format=%H %(trailers:key=Director-Task,valueonly,separator=%x2C)"
    listing = trial.git("log", "--first-parent", "--reverse", told, f"{job['base']}..{job['branch']}")
    return [(commit, task) for commit, _, task in (line.partition(" ") for line in listing.splitlines())]


def _red(trial: Trial) -> Iterator[tuple[str, str]]:
    """Yield the tests that fail at a commit by which their node had landed."""
    commands = []
    for commit, task in landings(trial):
        if task.startswith("run:"):
            commands.append(f"sh check-{task.removeprefix('run:')}")
        for command in commands:
            with tempfile.TemporaryDirectory() as scratch:
                script = f"git archive {commit} | tar -x -C {scratch} && cd {scratch} && {command}"
                if subprocess.run(["sh", "-c", script], cwd=trial.repository, check=False).returncode:
                    yield commit, command


def living(trial: Trial) -> list[int]:
    """Return the processes that were started from here and still run."""
    sign = f"HOME={trial.home}".encode()
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if sign in (directory / "environ").read_bytes().split(b"\0"):
                found.append(int(directory.name))
        except OSError:
            continue  # it has ended, or it is not ours
    return found


def outlived(trial: Trial) -> list[str]:
    """Wait for the guardian to do its work; return what still runs when it should have done it."""
    until = time.monotonic() + STAY_SECONDS
    while living(trial) and time.monotonic() < until:
        time.sleep(0.02)
    return [f"process {process} outlives a stopped director" for process in living(trial)]


def _write(directory: Path, files: Mapping[str, str]) -> None:
    directory.mkdir(exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text)


def _write_hooks(repository: Path) -> None:
    for name in HOOKS:
        hook = repository / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch '{repository}/hook-ran'\n")
        hook.chmod(0o755)


def _calls(needs: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return the calls: the spec is revised, and the first node's first attempt is wrong."""
    nodes = [
        {
            "id": name,
            "title": f"Write {name}",
            "spec": f"{name} says right.",
            "files": [name],
            "depends_on": list(above),
            "test_cmd": f"sh check-{name}",
            "tests": [f"check-{name}"],
        }
        for name, above in needs.items()
    ]
    calls = [
        _call("explorer", "recon", text="A small project."),
        _call("brainstorm", "spec", text="# Spec\n\nFiles."),
        _call("planner", "gate:spec", text='{"verdict": "revise", "revised": "# Spec\\n\\nFiles that say right."}'),
        _call("planner", "decompose", text=json.dumps({"nodes": nodes})),
        _call("planner", "gate:plan", text='{"verdict": "approve"}'),
    ]
    for number, name in enumerate(needs):
        calls.append(_call("test_author", f"tests:{name}", files={f"check-{name}": f"grep -q right {name}\n"}))
        if number == 0:
            calls.append(_call("executor", f"run:{name}", attempt=1, files={name: "wrong\n"}))
        calls.append(_call("executor", f"run:{name}", attempt=2 if number == 0 else 1, files={name: "right\n"}))
    return calls


def _call(role: str, task: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "task": task, **more}
