"""What every backend is that drives a program on this machine, whichever way it talks to it."""

from abc import ABC, abstractmethod
from pathlib import Path, PurePath
from typing import ClassVar

from director.agents.driving.endings import Ending, last_line, speaks_of_rate, told_wait
from director.agents.driving.program import Program, read_transcript
from director.agents.driving.reading import Reading
from director.agents.driving.watch import Fault
from director.agents.protocol import Request, Standing, Surroundings
from director.core.calls import End, Reply
from director.core.tiers import Tier
from director.shell import processes
from director.shell.environment import without_secrets
from director.shell.processes import Ended

_FLOOD = "it wrote more output than is allowed"
FAULTS = {
    Fault.CIRCLES: Ending(End.ERROR, "it went in circles: the same step over and over, or answers that break off"),
    Fault.OVER_BUDGET: Ending(End.OVER_BUDGET, "the job's cost ceiling was reached"),
    Fault.FLOOD: Ending(End.ERROR, _FLOOD),
}
"""How a call ends that was ended for what it did."""
_VERSION_SECONDS = 30


class Driven(ABC):
    """A backend whose program tells what it does in lines, which are kept as transcript.jsonl."""

    name: ClassVar[str]
    command: ClassVar[str]
    """The program's name on PATH."""
    package: ClassVar[str]
    """The npm package that brings it."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    @abstractmethod
    def reading(self, directory: PurePath) -> Reading:
        """Return what reads the lines of a call that works in a directory."""

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if the program is not installed."""
        self.find()

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


def stopped(ended: Ended, request: Request, last_error: str, retry: Ending | None) -> Ending:
    """Say why we ended a call. One that waits for its provider's permission to ask again is silent for hours."""
    match ended:
        case Ended.FLOOD:
            return Ending(End.ERROR, _FLOOD)
        case Ended.IDLE:
            reason = f"no output for {request.limits.idle:g} seconds"
        case _:
            reason = f"not done after {request.limits.wall:g} seconds"
    detail = f"{reason}; last error: {last_error}" if last_error else reason
    if not (retry and retry.end is End.RATE_LIMITED) and not speaks_of_rate(last_error):
        return Ending(End.TIMEOUT, detail)
    wait = retry.retry_after if retry else None
    return Ending(End.RATE_LIMITED, detail, retry_after=wait or told_wait(last_error))
