"""A scripted agent program: it is started as OpenCode is, answers with OpenCode's events, and does what scripts say.

`agent.py DIRECTORY run --agent=… --dir=… …`. DIRECTORY holds the scripts, the most particular name first:
ROLE.NODE.ATTEMPT, ROLE.NODE, ROLE, each with the suffix `.sh` (it runs in the worktree, as an agent's commands do) or
`.txt` (it is the answer). Before a script runs, what lies in the worktree is written to DIRECTORY/seen.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROLES = {"test-author": "test_author"}
"""Roles that another driver of OpenCode calls by another name."""

_TITLED = re.compile(r"(?P<role>\w+) (?:\w+:)?(?P<node>[\w-]+) (?P<attempt>\d+)")
_PROMPTED = re.compile(r"(?:Implement node '|NODE: )(?P<node>[\w-]+)")


def install(directory: Path, program: Path) -> None:
    """Write a program that plays the scripts of a directory; nothing is left to the environment."""
    words = [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(directory)]
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    program.chmod(0o755)


@dataclass(frozen=True)
class Call:
    """What is asked of the program."""

    role: str
    node: str
    attempt: int
    worktree: Path

    @property
    def name(self) -> str:
        """What the call is recorded by."""
        return f"{self.role}.{self.node}.{self.attempt}"


def main(arguments: Sequence[str]) -> None:
    """Answer one call."""
    scripts, options, rest = Path(arguments[0]), *_parse(arguments[2:])
    call = _read_call(scripts, options, prompt=rest[-1] if rest else sys.stdin.read())
    _look(scripts, call)
    script = _find(scripts, call)
    _say("step_start", id="start")
    if script.suffix == ".sh":
        _play(scripts, script, call)
    answer = script.read_text() if script.suffix == ".txt" else "Done."
    _say("text", id="text", messageID="message", text=answer)
    tokens = {"input": 100, "output": 10, "reasoning": 0, "cache": {"read": 0, "write": 0}}
    _say("step_finish", id="finish", reason="stop", tokens=tokens, cost=0.001)


def _parse(arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Tell options from the rest, be they written `--name=value` or `--name value`."""
    options: dict[str, str] = {}
    rest: list[str] = []
    pending = list(arguments)
    while pending:
        word = pending.pop(0)
        name, given, value = word.partition("=")
        if not word.startswith("--"):
            rest.append(word)
        elif given:
            options[name] = value
        elif name in ("--dir", "--agent", "--model", "--format"):
            options[name] = pending.pop(0)
    return options, rest


def _read_call(scripts: Path, options: dict[str, str], *, prompt: str) -> Call:
    worktree = Path(options["--dir"])
    if titled := _TITLED.fullmatch(options.get("--title", "")):
        return Call(titled["role"], titled["node"], int(titled["attempt"]), worktree)
    agent = options["--agent"].removeprefix("director-")
    role, named = ROLES.get(agent, agent), _PROMPTED.search(prompt)
    node = named["node"] if named else "job"
    return Call(role, node, len(list((scripts / "seen").glob(f"{role}.{node}.*"))) + 1, worktree)


def _find(scripts: Path, call: Call) -> Path:
    names = (call.name, f"{call.role}.{call.node}", call.role)
    places = [scripts / f"{name}{suffix}" for name in names for suffix in (".sh", ".txt")]
    return next(place for place in places if place.exists())


def _play(scripts: Path, script: Path, call: Call) -> None:
    """Run a script as an agent's commands run; what it writes to the descriptor EVENTS is our output."""
    events = os.dup(sys.stdout.fileno())
    told = {"SCRIPTS": scripts, "REPO": (scripts / "repository").resolve(), "NODE": call.node, "EVENTS": events}
    with (scripts / "seen" / f"{call.name}.log").open("wb") as log:
        subprocess.run(
            ["/bin/sh", "-eu", "-c", f'. "$SCRIPTS/prelude"\n. "{script}"'],
            cwd=call.worktree,
            env={**os.environ, **{name: str(value) for name, value in told.items()}},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
            pass_fds=[events],
        )


def _look(scripts: Path, call: Call) -> None:
    """Record every file of the worktree and of its git directory, as the agent finds them."""
    seen = scripts / "seen" / f"{call.name}.json"
    seen.parent.mkdir(exist_ok=True)
    found = {
        "head": _git(call.worktree, "rev-parse", "HEAD").strip(),
        "files": _files(call.worktree),
        "changed": _git(call.worktree, "diff-index", "HEAD"),
        "untracked": _untracked(call.worktree),
        "git": _git_files(call.worktree / ".git"),
        "around": sorted(place.name for place in call.worktree.parent.iterdir()),
    }
    seen.write_text(json.dumps(found))


def _git(worktree: Path, *arguments: str) -> str:
    safe = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
    done = subprocess.run([*safe, *arguments], cwd=worktree, capture_output=True, text=True, check=False)
    return done.stdout


def _files(worktree: Path) -> list[str]:
    """List everything that is no directory, and every directory that is empty."""
    found = []
    for top, below, files in os.walk(worktree):
        if Path(top) == worktree and ".git" in below:
            below.remove(".git")
        here = Path(top).relative_to(worktree)
        links = [name for name in below if (Path(top) / name).is_symlink()]
        found += [str(here / name) for name in (*files, *links)]
        if not below and not files:
            found.append(f"{here}/")
    return sorted(found)


def _untracked(worktree: Path) -> dict[str, str]:
    """Return what the files hold that git does not track."""
    paths = filter(None, _git(worktree, "ls-files", "--others", "-z").split("\0"))
    return {path: (worktree / path).read_text(errors="replace") for path in paths}


def _git_files(directory: Path) -> dict[str, str]:
    """Return what git's small files hold; the index differs from commit to commit."""
    return {
        str(path.relative_to(directory)): path.read_text(errors="replace")
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name not in ("index", "HEAD")
    }


def _say(event: str, **part: object) -> None:
    print(json.dumps({"type": event, "part": part}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
