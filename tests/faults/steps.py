"""Runs director and stops it at a step: every change that it makes to the world is a step with a name.

    python -m tests.faults.steps [--record FILE] [--calls FILE] [--stop-at STEP --how kill|term|int]
                                 [--fail-at STEP --errno ENOSPC] -- WORDS OF DIRECTOR
    python -m tests.faults.steps --serve

STEP is `NAME:OCCURRENCE`, as `--record` writes them, one a line. `--calls` appends `asked TASK ATTEMPT` when an agent
is asked, and `arrived TASK ATTEMPT` when what it said is complete. `--serve` reads requests, one JSON object a line,
and forks for each of them: that saves the time of importing everything.
"""

import argparse
import atexit
import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from director.cli.main import main as director
from director.shell.responders import ASKED

ROOT = Path(__file__).parents[2]
KILL, TERM, INT = "kill", "term", "int"
_SIGNALS = {KILL: signal.SIGKILL, TERM: signal.SIGTERM, INT: signal.SIGINT}
HEARD_SECONDS = 0.1
"""After which the main thread has come to handle a signal, whatever it waited for."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_READING = re.compile(
    "cat-file|check-ignore|config|diff-files|diff-tree|for-each-ref|log|ls-files|ls-tree|rev-list|rev-parse|status|version|"
)
"""Commands of git that change nothing."""
_VARYING = [
    (re.compile(r"\d{8}-[0-9a-f]{8}"), "JOB"),
    (re.compile(r"[0-9a-f]{12,}"), "ID"),
    (re.compile(r"/\.([^/]+)\.[a-z0-9_]{8}(\.unfinished)?$"), r"/.\1.RANDOM"),
    (re.compile(r"/director-(\d+|\w+)-[a-z0-9_]{8}"), "/director-RANDOM"),
    (re.compile(r"\bdoit\.db\.\d+"), "doit.db.PID"),
]
"""Parts of a path that differ from run to run, and what stands for them in a step's name."""
_TRANSCRIPT = re.compile(r"write job/logs/(.+)/([^/]+)/transcript\.jsonl")
_ROOMS = re.compile(r"director\.(stages|job|agents|tasks|cli)\.")
_PASSED_OVER = frozenset(
    {"run_in_checkout", "run", "run_tasks", "tip", "landed", "note", "tell", "climb", "land", "move", "main"}
)
"""Functions that many others call: a step is named by who called them."""
_PRELOADED = ("cli.commands.plan", "cli.commands.run", "cli.text", "agents.replay", "tasks.graph", "stages.node")


Describe = Callable[["Places", tuple[Any, ...]], str]


class Places:
    """The names of places: from where they lie to what they are to director."""

    def __init__(self, root: Path) -> None:
        cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "director"
        found = {root / ".director": "job", root / ".git": "git", root: "checkout", cache: "cache"}
        self._labels = {str(place): label for place, label in found.items()} | {tempfile.gettempdir(): "temporary"}

    def name(self, path: Any, directory: int = -1) -> str:
        """Name a path that an audit event tells, which may be relative to an open directory."""
        text = absolute(path, directory)
        for place, label in self._labels.items():
            if text == place or text.startswith(place + "/"):
                text = label + text[len(place) :]
                break
        for pattern, name in _VARYING:
            text = pattern.sub(name, text)
        return text


def absolute(path: Any, directory: int) -> str:
    """Return where a path leads that may be relative to an open directory."""
    base = Path(f"/proc/self/fd/{directory}").readlink() if directory >= 0 else ""
    return os.path.abspath(os.path.join(base, os.fsdecode(path)))  # noqa: PTH100, PTH118 (links are not followed)


class Steps:
    """The audit hook: names the steps, counts them, and does at one of them what it was told to do."""

    def __init__(self, options: argparse.Namespace, places: Places) -> None:
        self._options = options
        self._places = places
        self._counts: Counter[str] = Counter()
        self._lock = threading.RLock()
        self._busy = threading.local()
        self._answering: dict[int, tuple[str, Path]] = {}
        self._target = options.stop_at or options.fail_at

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an audit event."""
        describe = _EVENTS.get(event)
        if describe is None or getattr(self._busy, "now", False):
            return
        self._busy.now = True
        try:
            step = describe(self._places, arguments)
            if step:
                is_told = " cache/" in step  # a slot is made equal to a commit in the same way for everyone
                self._take(step if is_told else f"{step} | {_site(sys._getframe(1))}", step, arguments[0])
        finally:
            self._busy.now = False

    def _take(self, name: str, step: str, path: Any) -> None:
        with self._lock:
            self._note_call(step, path)
            self._counts[name] += 1
            numbered = f"{name}:{self._counts[name]}"
            if self._options.record:
                _append(self._options.record, numbered)
            if numbered == self._target:
                self._target = None
                self._act(path)

    def _act(self, path: Any) -> None:
        if self._options.stop_at:
            _signal(self._options.how)
        else:
            number = getattr(errno, self._options.errno)
            raise OSError(number, os.strerror(number), os.fsdecode(path))

    def _note_call(self, step: str, path: Any) -> None:
        """Note that an agent is asked, and at its thread's next step that its answer is complete."""
        thread = threading.get_ident()
        asked, transcript = self._answering.pop(thread, ("", Path()))
        if asked and transcript.exists() and transcript.read_bytes().endswith(b"\n"):
            self._note(f"arrived {asked}")
        if found := _TRANSCRIPT.match(step):
            asked = f"{found[1].replace('/', ':')} {found[2]}"
            self._answering[thread] = asked, Path(os.fsdecode(path))
            self._note(f"asked {asked}")

    def _note(self, line: str) -> None:
        if self._options.calls:
            _append(self._options.calls, line)


def _open(places: Places, arguments: tuple[Any, ...]) -> str:
    path, _, flags = arguments
    if isinstance(path, int) or not flags & _WRITING:
        return ""
    name = places.name(path)
    return "" if name.startswith("/dev/") else f"{'append' if flags & os.O_APPEND else 'write'} {name}"


def _program(_: Places, arguments: tuple[Any, ...]) -> str:
    words = [os.fsdecode(word) for word in arguments[1]]
    if Path(words[0]).name == "git":
        return _git("start", words)
    return f"start {words[words.index('-m') + 1] if '-m' in words else Path(words[0]).name}"


def _ask(_: Places, arguments: tuple[Any, ...]) -> str:
    return _git("ask", arguments[1])


def _git(verb: str, words: Sequence[str]) -> str:
    command = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
    return "" if _READING.fullmatch(command) else f"{verb} git {command}"


def _at(verb: str, *, path: int = 0, directory: int | None = None, if_there: bool = True) -> Describe:
    """Describe the change of one path, which changes nothing if the path is not there, or if it is there already."""

    def describe(places: Places, arguments: tuple[Any, ...]) -> str:
        place = absolute(arguments[path], -1 if directory is None else arguments[directory])
        return f"{verb} {places.name(place)}" if os.path.lexists(place) is if_there else ""

    return describe


_EVENTS: dict[str, Describe] = {
    "open": _open,
    "subprocess.Popen": _program,
    ASKED: _ask,
    "os.rename": lambda places, arguments: f"rename to {places.name(arguments[1], arguments[3])}",
    "os.remove": _at("remove", directory=1),
    "os.rmdir": _at("remove", directory=1),
    "os.mkdir": _at("make", directory=2, if_there=False),
    "os.symlink": _at("link", path=1, directory=2, if_there=False),
    "os.link": _at("link", path=1, directory=3, if_there=False),
    "os.chmod": _at("chmod", directory=2),
    "os.truncate": _at("truncate"),
}


def _site(frame: FrameType | None) -> str:
    """Return the function of director that a step belongs to."""
    while frame:
        module, function = frame.f_globals.get("__name__", ""), frame.f_code.co_name
        if _ROOMS.match(module) and function not in _PASSED_OVER and not function.startswith("<"):
            return f"{module.rpartition('.')[2]}.{function}"
        frame = frame.f_back
    return "-"


def _signal(how: str) -> None:
    """Send a signal as it comes in life: Ctrl-C goes to everything that runs in the terminal. Let it be heard."""
    if how == INT and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGINT)
    else:
        os.kill(os.getpid(), _SIGNALS[how])
    time.sleep(HEARD_SECONDS)


def _append(path: str, line: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def run(words: Sequence[str]) -> int:
    """Run director with steps."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--record")
    parser.add_argument("--calls")
    parser.add_argument("--stop-at")
    parser.add_argument("--how", choices=_SIGNALS, default=KILL)
    parser.add_argument("--fail-at")
    parser.add_argument("--errno", default="ENOSPC")
    parser.add_argument("words", nargs="+")
    options = parser.parse_args(words)
    sys.addaudithook(Steps(options, Places(Path.cwd())))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return director(options.words)


def serve() -> int:
    """Answer requests from standard input: for each the process's id, then its status. Returns in every fork."""
    for module in _PRELOADED:
        import_module(f"director.{module}")
    sys.dont_write_bytecode = True
    for line in iter(_read_line, ""):
        request = json.loads(line)
        process = os.fork()
        if process == 0:
            _become(request)
            return run(request["words"])
        os.write(1, f"{process}\n".encode())
        os.write(1, f"{os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}\n".encode())
    return 0


def _read_line() -> str:
    """Read a line and nothing after it: a fork has no part in what follows."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return ""
        line += byte
    return line.decode()


def _become(request: dict[str, Any]) -> None:
    """Take over the directory, environment and output of a request; Ctrl-C before director runs just ends it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.setsid()
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None
    for handle, path, flags in ((0, os.devnull, os.O_RDONLY), (1, request["output"], os.O_WRONLY | os.O_CREAT)):
        opened = os.open(path, flags | os.O_CLOEXEC)
        os.dup2(opened, handle)
        os.close(opened)
    os.dup2(1, 2)


class Launcher:
    """A process that has imported director and forks for every run; it is asked for one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.faults.steps", "--serve"],
            env={**os.environ, "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, **request: Any) -> int:
        """Start a run and return its process's id."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self.wait()

    def wait(self) -> int:
        """Return the status of the run, negative for the signal that ended it."""
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """Let the process end."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


@cache
def launcher() -> Launcher:
    """Return the launcher of this test process."""
    made = Launcher()
    atexit.register(made.close)
    return made


if __name__ == "__main__":
    sys.exit(serve() if sys.argv[1:] == ["--serve"] else run(sys.argv[1:]))
