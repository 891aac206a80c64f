"""The skeleton of a backend that starts its program once for each call."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from director.agents.driving.driven import FAULTS, Driven, reply_of, stopped
from director.agents.driving.endings import Ending, last_line
from director.agents.driving.program import Ran, run
from director.agents.protocol import Request
from director.core.calls import End, Reply
from director.shell.processes import Ended


@dataclass(frozen=True)
class Start:
    """How the program is started for one call."""

    arguments: Sequence[str]
    """What follows the program's path."""
    environment: Mapping[str, str]
    stdin: str
    """The prompt, where it is not passed by a file."""


class Headless(Driven):
    """A backend whose program answers one prompt, tells events as lines on standard output, and ends.

    A subclass says how it is started and how its lines are read. What the program keeps of its own goes into a private
    directory that is deleted after the call.
    """

    @abstractmethod
    def start(self, request: Request, home: Path) -> Start:
        """Return how the program is started for a call. `home` is private to it, empty, and goes when it is over."""

    @contextmanager
    def around(self, request: Request, home: Path) -> Iterator[None]:
        """Prepare what has to be otherwise while the program runs, and undo it."""
        yield

    def ask(self, request: Request) -> Reply:
        """Run the program once. Raises ConfigError if it is not installed or cannot be started."""
        self.check(request.tier)
        path = self.find()
        with self.private() as home:
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

    def judge(self, ran: Ran, request: Request) -> Ending:
        """Judge a call: what ended it from outside, what it reported itself, and what it left unsaid."""
        if ran.fault:
            return FAULTS[ran.fault]
        if ran.finished.ended is not Ended.EXITED:
            return stopped(ran.finished.ended, request, self.last_error(ran), ran.reading.retry)
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

    @contextmanager
    def private(self) -> Iterator[Path]:
        """Lend a directory for what the program keeps of its own."""
        self.calls.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="call-", dir=self.calls, ignore_cleanup_errors=True) as directory:
            yield Path(directory)
