"""The skeleton of a backend that starts its program once for each call."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import ClassVar

from director.agents.driving.endings import Ending, last_line, speaks_of_rate, told_wait
from director.agents.driving.program import Program, Ran, read_transcript, run
from director.agents.driving.reading import Reading
from director.agents.driving.watch import Fault
from director.agents.protocol import Request, Standing, Surroundings
from director.core.calls import End, Reply
from director.core.tiers import Tier
from director.shell import processes
from director.shell.environment import without_secrets
from director.shell.processes import Ended

_FLOOD = "it wrote more output than is allowed"
_FAULTS = {
    Fault.CIRCLES: Ending(End.ERROR, "it went in circles: the same step over and over, or answers that break off"),
    Fault.OVER_BUDGET: Ending(End.OVER_BUDGET, "the job's cost ceiling was reached"),
    Fault.FLOOD: Ending(End.ERROR, _FLOOD),
}
_VERSION_SECONDS = 30


@dataclass(frozen=True)
class Start:
    """How the program is started for one call."""

    arguments: Sequence[str]
    """What follows the program's path."""
    environment: Mapping[str, str]
    stdin: str
    """The prompt, where it is not passed by a file."""


class Headless(ABC):
    """A backend whose program answers one prompt, tells events as lines on standard output, and ends.

    A subclass says how it is started and how its lines are read. What the program keeps of its own goes into a private
    directory that is deleted after the call.
    """

    name: ClassVar[str]
    command: ClassVar[str]
    """The program's name on PATH."""
    package: ClassVar[str]
    """The npm package that brings it."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    @abstractmethod
    def start(self, request: Request, home: Path) -> Start:
        """Return how the program is started for a call. `home` is private to it, empty, and goes when it is over."""

    @abstractmethod
    def reading(self, directory: PurePath) -> Reading:
        """Return what reads the lines of a call that works in a directory."""

    @contextmanager
    def around(self, request: Request, home: Path) -> Iterator[None]:
        """Prepare what has to be otherwise while the program runs, and undo it."""
        yield

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if the program is not installed."""
        self.find()

    def ask(self, request: Request) -> Reply:
        """Run the program once. Raises ConfigError if it is not installed or cannot be started."""
        self.check(request.tier)
        path = self.find()
        self.calls.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="call-", dir=self.calls, ignore_cleanup_errors=True) as private:
            home = Path(private)
            start = self.start(request, home)
            with self.around(request, home), self.program.startable(path):
                ran = run(
                    [path, *start.arguments],
                    request,
                    environment=start.environment,
                    stdin=start.stdin,
                    reading=lambda: self.reading(request.directory),
                )
        ending = self.judge(ran, request)
        return reply_of(ran.reading, ending, seconds=ran.finished.seconds)

    def recall(self, log_directory: Path, directory: Path) -> Reply | None:
        """Read the transcript: the answer is whole if the program had told its end."""
        reading, are_all = read_transcript(log_directory / "transcript.jsonl", self.reading(directory))
        if not reading.is_begun:
            return None
        is_done = are_all and reading.is_done and self.is_ours(log_directory)
        return reply_of(reading, Ending(End.DONE if is_done else End.INTERRUPTED))

    def is_ours(self, log_directory: Path) -> bool:
        """Tell whether what a killed call had come to may be used."""
        return True

    def judge(self, ran: Ran, request: Request) -> Ending:
        """Judge a call: what ended it from outside, what it reported itself, and what it left unsaid."""
        if ran.fault:
            return _FAULTS[ran.fault]
        if ran.finished.ended is not Ended.EXITED:
            return _stopped(ran, request, self.last_error(ran))
        return self.verdict(ran, request)

    def verdict(self, ran: Ran, request: Request) -> Ending:
        """Judge a call that ended by itself. An exit status is not trusted: it only makes a good ending a bad one."""
        if ran.reading.failure:
            return ran.reading.failure
        reason = self.last_error(ran) or "it gave no reason"
        if ran.finished.exit_code != 0:
            return Ending(End.ERROR, f"exit status {ran.finished.exit_code}: {reason}")
        return Ending(End.DONE) if ran.reading.is_done else Ending(End.ERROR, f"no answer: {reason}")

    def last_error(self, ran: Ran) -> str:
        """Return the program's last words about a problem."""
        return ran.reading.retry.detail if ran.reading.retry else last_line(ran.stderr)

    def examine(self, tier: Tier) -> Standing:
        """Say which program would play a tier. Raises ConfigError as `check` does."""
        self.check(tier)
        path = self.find()
        return Standing(program=path, version=self.version(path), login=self.login())

    def version(self, path: str) -> str:
        """Return what the program says of its version; empty if it does not."""
        done = processes.capture([path, "--version"], env=without_secrets(), timeout=_VERSION_SECONDS)
        return last_line(done.stdout.decode(errors="replace")) if done.exit_code == 0 else ""

    def login(self) -> str:
        """Say whether the program can log in, as far as that can be known without asking; empty if it cannot."""
        return ""

    @property
    def program(self) -> Program:
        """The program that is started."""
        return Program(self.name, self._surroundings.options.command or self.command, self.package)

    @property
    def calls(self) -> Path:
        """Where the private directories of calls are."""
        return self._surroundings.state_directory / "calls"

    def find(self) -> str:
        """Return the path of the program. Raises ConfigError if it is not there."""
        return self.program.find(self._surroundings.repository)


def reply_of(reading: Reading, ending: Ending, *, seconds: float = 0.0) -> Reply:
    """Return the reply that a program's words come to."""
    return Reply(
        end=ending.end,
        text=reading.text,
        detail=ending.detail,
        retry_after=ending.retry_after,
        usage=reading.usage,
        cost_usd=reading.cost_usd,
        events=tuple(reading.events),
        seconds=seconds,
    )


def _stopped(ran: Ran, request: Request, last_error: str) -> Ending:
    """Say why we ended it. One that waits for its provider's permission to ask again is silent for hours."""
    match ran.finished.ended:
        case Ended.FLOOD:
            return Ending(End.ERROR, _FLOOD)
        case Ended.IDLE:
            reason = f"no output for {request.limits.idle:g} seconds"
        case _:
            reason = f"not done after {request.limits.wall:g} seconds"
    detail = f"{reason}; last error: {last_error}" if last_error else reason
    if not speaks_of_rate(last_error):
        return Ending(End.TIMEOUT, detail)
    wait = ran.reading.retry.retry_after if ran.reading.retry else None
    return Ending(End.RATE_LIMITED, detail, retry_after=wait or told_wait(last_error))
