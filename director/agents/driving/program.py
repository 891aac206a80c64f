"""Agent programs: where they are, what they see of our environment, and how one is run for a call."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from director.agents.driving.endings import tail
from director.agents.driving.lines import Lines
from director.agents.driving.reading import Reading
from director.agents.driving.watch import Fault, Watch, watched
from director.agents.protocol import Request
from director.core.errors import ConfigError
from director.shell import processes
from director.shell.processes import Finished


@dataclass(frozen=True)
class Program:
    """A program that is installed, or that is not."""

    name: str
    """The backend's name, under which the configuration speaks of it."""
    command: str
    """What is started: a name on PATH, or a path from the repository's root."""
    package: str
    """The npm package that brings it."""

    @property
    def hint(self) -> str:
        """The next step where it is missing."""
        return f"install it with `npm install -g {self.package}`, or set `command` under [backends.{self.name}]"

    def find(self, repository: Path) -> str:
        """Return its path. Raises ConfigError if it is not there."""
        command = Path(self.command).expanduser()
        if found := shutil.which(repository / command if "/" in self.command else self.command):
            return str(Path(found).absolute())  # it starts in a worktree: a place on PATH may be named from here
        raise ConfigError(f"the program '{self.command}' of the backend '{self.name}' is not there", hint=self.hint)

    @contextmanager
    def startable(self, path: str) -> Iterator[None]:
        """Turn an error of the start into one that says what to do."""
        try:
            yield
        except OSError as error:
            raise ConfigError(f"'{path}' cannot be started: {error.strerror}", hint=self.hint) from error


@dataclass(frozen=True)
class Ran:
    """A call that is over."""

    finished: Finished
    reading: Reading
    stderr: str
    """The end of it, without colours."""
    fault: Fault | None
    """Why it was ended while it ran."""


def run(
    argv: Sequence[str],
    request: Request,
    *,
    environment: Mapping[str, str],
    stdin: str,
    reading: Callable[[], Reading],
) -> Ran:
    """Run a program for a call: its events go to transcript.jsonl, and are read while it runs."""
    request.log_directory.mkdir(parents=True, exist_ok=True)
    transcript, stderr = request.log_directory / "transcript.jsonl", request.log_directory / "stderr.txt"
    transcript.unlink(missing_ok=True)
    mark = f"{request.mark}/{uuid4().hex}"
    watch = Watch(reading(), request.spent, request.note)
    with watched(transcript, mark, watch):
        finished = processes.run(
            argv,
            cwd=request.directory,
            env={**environment, "PWD": str(request.directory), **request.environment},
            output=transcript,
            error=stderr,
            stdin=stdin.encode(errors="replace"),
            limits=request.limits,
            mark=mark,
        )
    final, are_all = read_transcript(transcript, reading())
    return Ran(finished, final, tail(stderr), watch.fault or (None if are_all else Fault.FLOOD))


def read_transcript(transcript: Path, reading: Reading) -> tuple[Reading, bool]:
    """Read what a program has told; tell too whether that is all that it wrote."""
    try:
        with transcript.open("rb") as stream:
            lines = Lines(stream, most=reading.most_lines)
            for line in lines.whole():
                reading.read(line)
            return reading, not lines.are_too_many
    except OSError:
        return reading, True
