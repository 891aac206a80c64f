"""What git commands of untrusted processes did to the user's repository, read from the traces that git writes.

The traces are evidence for telling an agent's change from the user's, and nothing else is made of them: an agent may
delete, forge or flood them. What is no trace of a git command is ignored, and little is read of any file.
"""

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from director.git.guard.evidence import WRITES, Process
from director.git.removal import remove_tree

_MAX_FILES = 10_000
"""How many traces git writes, and how many we read, between two checks."""
_HEAD_BYTES, _TAIL_BYTES = 64 * 1024, 1024
_TELLING = re.compile(rb'\{"event":"(version|start|def_repo|def_param|cmd_name|atexit)"')
_HIERARCHY = re.compile(rb'"event":"cmd_name"[^\n]*"hierarchy":"([^"\n]*)"')


class Traces:
    """A directory into which the git of untrusted processes writes one file a process."""

    def __init__(self, directory: Path, *, common_dir: Path) -> None:
        self.directory = directory
        self._common_dir = Path(os.path.realpath(common_dir))
        self._ours: dict[str, bool] = {}

    def environment(self) -> dict[str, str]:
        """Return the variables that make git write traces."""
        return {
            "GIT_TRACE2_EVENT": str(self.directory.absolute()),
            "GIT_TRACE2_EVENT_BRIEF": "1",
            "GIT_TRACE2_EVENT_NESTING": "1",
            "GIT_TRACE2_ENV_VARS": "GIT_DIR,GIT_WORK_TREE,GIT_COMMON_DIR,PWD",
            "GIT_TRACE2_MAX_FILES": str(_MAX_FILES),
        }

    def finished(self) -> list[str]:
        """Return the names of the traces to which nothing will be added."""
        return [name for name in self._names() if self._is_finished(name)]

    def discard(self, names: Iterable[str]) -> None:
        """Delete traces."""
        for name in names:
            try:
                os.unlink(f"{self.directory}/{name}")  # noqa: PTH108 - there may be thousands
            except OSError:
                remove_tree(self.directory / name)

    def processes(self) -> list[Process]:
        """Return the commands that may have changed the user's repository."""
        traces = {name: trace for name in self._names() if (trace := self._read(name))}
        self._ours.clear()
        return [process for trace in traces.values() if (process := self._process(trace, traces))]

    def _names(self) -> list[str]:
        """List the directory, and make it again where an agent took it away."""
        if self.directory.is_symlink() or not self.directory.is_dir():
            remove_tree(self.directory)
            self.directory.mkdir(parents=True)
        with os.scandir(self.directory) as entries:
            return [entry.name for entry in islice(entries, _MAX_FILES)]

    def _is_finished(self, name: str) -> bool:
        tail = _read_regular(f"{self.directory}/{name}", head=0, tail=_TAIL_BYTES)
        return tail is None or b'"event":"atexit"' in tail or b'"event":"signal"' in tail or not _is_running(name)

    def _read(self, name: str) -> "_Trace | None":
        data = _read_regular(f"{self.directory}/{name}", head=_HEAD_BYTES, tail=_TAIL_BYTES)
        if not data or not _is_of_interest(data):
            return None
        trace = _Trace(list(_events(data)))
        return trace if trace.started and trace.command in WRITES else None

    def _process(self, trace: "_Trace", traces: "dict[str, _Trace]") -> Process | None:
        if not any(self._is_the_users(place) for place in trace.places()):
            return None
        caller = traces.get(trace.caller) if trace.command == "receive-pack" else None
        argv = trace.argv + (caller.argv if caller else ())
        callers = frozenset(trace.hierarchy.split("/"))
        return Process(argv, trace.command, callers, trace.started, trace.ended or datetime.now().timestamp())

    def _is_the_users(self, place: str) -> bool:
        if place not in self._ours:
            try:
                self._ours[place] = self._leads_to_the_repository(Path(os.path.realpath(place)))
            except (ValueError, OSError):  # a forged path that is none
                self._ours[place] = False
        return self._ours[place]

    def _leads_to_the_repository(self, place: Path) -> bool:
        """Tell whether a path is the repository's, one of its worktrees, or a file such as its configuration."""
        dot_git = place / ".git"
        pointer = (_read_regular(dot_git, head=4096, tail=0) or b"").partition(b"gitdir:")[2].strip()
        if pointer and b"\0" not in pointer:
            dot_git = place / os.fsdecode(pointer)
        git_dir, linked = Path(os.path.realpath(dot_git)), self._common_dir / "worktrees"
        return self._common_dir in (place, place.parent, git_dir) or linked in (place.parent, git_dir.parent)


@dataclass(frozen=True)
class _Trace:
    events: list[dict[str, Any]]

    @cached_property
    def argv(self) -> tuple[str, ...]:
        argv = next((event.get("argv") for event in self.events if event["event"] == "start"), None)
        return tuple(map(str, argv)) if isinstance(argv, list) else ()

    @cached_property
    def hierarchy(self) -> str:
        return self._last("cmd_name", "hierarchy")

    @property
    def command(self) -> str:
        return self.hierarchy.rpartition("/")[2]

    @cached_property
    def caller(self) -> str:
        return self._last("version", "sid").rpartition("/")[0].rpartition("/")[2]

    @cached_property
    def started(self) -> float:
        return _timestamp(self._last("version", "time"))

    @cached_property
    def ended(self) -> float:
        return _timestamp(self._last("atexit", "time"))

    def places(self) -> Iterator[str]:
        """Yield every path by which the command was shown a repository or a configuration file."""
        variables = {event.get("param"): str(event.get("value")) for event in self.events if "param" in event}
        worktree = self._last("def_repo", "worktree")
        bases = {base for base in (worktree, variables.pop("PWD", "")) if base.startswith("/")} or {"/"}
        given = [worktree, *variables.values(), *_option_values(self.argv)]
        if self.command == "receive-pack":
            given.append(self.argv[-1] if self.argv else "")
        found = {place if place.startswith("/") else f"{base}/{place}" for place in given if place for base in bases}
        yield from found

    def _last(self, event: str, field: str) -> str:
        values = [str(found[field]) for found in self.events if found["event"] == event and field in found]
        return values[-1] if values else ""


def _option_values(argv: tuple[str, ...]) -> Iterator[str]:
    for argument, following in zip(argv, (*argv[1:], ""), strict=False):
        name, _, value = argument.partition("=")
        if name in ("--git-dir", "--work-tree", "--file"):
            yield value or following
        elif name in ("-C", "-f"):
            yield following


def _events(data: bytes) -> Iterator[dict[str, Any]]:
    for line in filter(_TELLING.match, data.split(b"\n")):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            yield event


def _is_of_interest(data: bytes) -> bool:
    """Tell cheaply whether a trace is of a command that may change a repository."""
    commands = [hierarchy.rpartition(b"/")[2] for hierarchy in _HIERARCHY.findall(data)]
    return bool(commands) and commands[-1].decode(errors="replace") in WRITES


def _timestamp(text: str) -> float:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _is_running(name: str) -> bool:
    """Tell whether the process that a trace is named after lives and is not somebody else's."""
    found = re.search(r"-P([0-9a-f]{8})$", name)
    number = int(found[1], 16) if found else 0
    try:
        os.kill(number, 0)
    except (OSError, OverflowError):
        return False
    return number > 0


def _read_regular(path: Path | str, *, head: int, tail: int) -> bytes | None:
    """Return the beginning and the end of a regular file, or None."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return None
        data = os.pread(handle, head, 0)
        if status.st_size > len(data) and tail:
            data += b"\n" + os.pread(handle, tail, max(len(data), status.st_size - tail))
        return data
    finally:
        os.close(handle)
