"""Show a build while it runs: a line for each active task at a terminal, plain lines in a pipe."""

import argparse
import threading
import time
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from director.cli.text import clean, console, dollars, duration
from director.core.events import CallEnded, CallStarted, Event, Note, Step, Waiting
from director.tasks.outcomes import LimitHit, Stopped


class Verbosity(IntEnum):
    """How much is said."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


@dataclass(frozen=True)
class Active:
    """A task at work."""

    started: float
    doing: str = ""
    tier: str = ""
    cost: float = 0.0


class Progress:
    """A listener to the job's events and doit's reporter in one: both tell of the same tasks."""

    desc = "the progress of a job"

    def __init__(self, verbosity: Verbosity = Verbosity.NORMAL, *, output: Console | None = None) -> None:
        self._verbosity = verbosity
        self._console = output or console()
        self._lock = threading.RLock()
        self._active: dict[str, Active] = {}
        """Never changed, only replaced: the thread that draws reads it without the lock, which would be a deadlock."""
        self._failed: set[str] = set()
        self._live: Live | None = None

    def __call__(self, event: Event) -> None:
        """Take note of an event of the job."""
        with self._lock:
            match event:
                case CallStarted(key, tier):
                    doing = f"{key.role}, attempt {key.attempt}"
                    self._update(key.task, doing=doing, tier=str(tier))
                    self._line(key.task, f"{doing}, {tier}", at=Verbosity.NORMAL)
                case CallEnded(key, record):
                    spent = self._active.get(key.task, Active(0)).cost + (record.cost_usd or 0.0)
                    self._update(key.task, doing=f"{key.role} answered", cost=spent)
                    shown = dollars(record.cost_usd or 0.0, record.cost_usd is None)
                    said = f"{key.role} {record.end} after {duration(record.seconds)}, {shown}"
                    self._line(key.task, said, at=Verbosity.VERBOSE)
                case Waiting(key, tier, until, reason):
                    moment = time.strftime("%H:%M:%S", time.localtime(until))
                    doing = f"rate limited, waits until {moment}"
                    self._update(key.task, doing=doing, tier=str(tier))
                    self._line(key.task, f"{tier} is {doing}: {reason}", at=Verbosity.NORMAL, style="yellow")
                case Step(task, text):
                    self._update(task, doing=text)
                    self._line(task, text, at=Verbosity.VERBOSE)
                case Note(text, task, hint):
                    self._line(task, text, at=Verbosity.NORMAL, style="yellow")
                    if hint:
                        self._line(task, f"hint: {hint}", at=Verbosity.NORMAL)

    def initialize(self, tasks: Any, selected: Any) -> None:
        """Begin to show."""
        if self._is_terminal and self._verbosity is not Verbosity.QUIET:
            self._live = Live(self, console=self._console, refresh_per_second=4, transient=True)
            self._live.start()

    def complete_run(self) -> None:
        """Stop showing."""
        if self._live:
            self._live.stop()
            self._live = None

    def execute_task(self, task: Any) -> None:
        """A task starts; called in its worker thread."""
        with self._lock:
            if task.actions:
                self._active = {**self._active, task.name: Active(time.monotonic())}

    def add_success(self, task: Any) -> None:
        """A task is done."""
        with self._lock:
            if active := self._end(task):
                took = duration(time.monotonic() - active.started)
                cost = f", {dollars(active.cost)}" if active.cost else ""
                self._line(task.name, f"done in {took}{cost}", at=Verbosity.NORMAL, style="green")

    def add_failure(self, task: Any, fail: Any) -> None:
        """A task failed, or was stopped."""
        with self._lock:
            self._end(task)
            self._failed.add(task.name)
            match fail:
                case Stopped():
                    said, style = "stopped", "yellow"
                case LimitHit():
                    said, style = fail.get_msg().strip(), "yellow"
                case _:
                    said, style = f"failed: {fail.get_msg().strip()}", "red"
            self._line(task.name, said, at=Verbosity.QUIET, style=style)

    def paused(self, task: Any, outcome: Any) -> None:
        """A task waits for a person."""
        with self._lock:
            self._end(task)
            self._line(task.name, outcome.get_msg().strip(), at=Verbosity.QUIET, style="bold yellow")

    def waiting(self, task: Any, names: list[str]) -> None:
        """A task was not started because something that it needs failed, or waits itself: that is said once."""
        with self._lock:
            failed = [name for name in names if name in self._failed]
            at = Verbosity.QUIET if failed else Verbosity.VERBOSE
            self._line(task.name, f"waits for {', '.join(failed or names)}", at=at, style="yellow")

    def get_status(self, task: Any) -> None:
        """doit looks at a task."""

    def skip_uptodate(self, task: Any) -> None:
        """A task is up to date."""
        with self._lock:
            if task.actions:
                self._line(task.name, "up to date", at=Verbosity.VERBOSE)

    def skip_ignore(self, task: Any) -> None:
        """A task is skipped: the user said so, or something that it needs waits."""
        with self._lock:
            self._end(task)
            self._line(task.name, "not started", at=Verbosity.VERBOSE)

    def teardown_task(self, task: Any) -> None:
        """doit tears a task down; ours have nothing to tear down."""

    def cleanup_error(self, exception: Any) -> None:
        """doit could not tear down."""
        self.runtime_error(exception.get_msg())

    def runtime_error(self, message: str) -> None:
        """doit itself failed."""
        with self._lock:
            self._line("doit", message, at=Verbosity.QUIET, style="red")

    def __rich_console__(self, output: Console, options: ConsoleOptions) -> RenderResult:
        table = Table.grid(padding=(0, 2))
        for name, entry in self._active.items():
            elapsed = duration(time.monotonic() - entry.started)
            table.add_row(clean(name), clean(entry.doing), clean(entry.tier), elapsed, dollars(entry.cost))
        yield table

    @property
    def _is_terminal(self) -> bool:
        """Tell whether lines can be drawn over: not in a pipe, even if colour is forced upon it."""
        return self._console.is_terminal and self._console.file.isatty()

    def _update(self, task: str, **changes: Any) -> None:
        if task in self._active:
            self._active = {**self._active, task: replace(self._active[task], **changes)}

    def _end(self, task: Any) -> Active | None:
        ended = self._active.get(task.name)
        self._active = {name: entry for name, entry in self._active.items() if name != task.name}
        return ended

    def _line(self, task: str, text: str, *, at: Verbosity, style: str = "") -> None:
        if self._verbosity < at:
            return
        name = f"{clean(task):<16} " if task else ""
        stamp = f"{time.strftime('%H:%M:%S')}  " if not self._is_terminal else ""
        self._console.print(Text.assemble((f"{stamp}{name}", "bold"), (clean(text), style)))


def progress_of(args: argparse.Namespace, *, output: Console | None = None) -> Progress:
    """Return how the build is shown: to whoever reads, or elsewhere."""
    verbosity = Verbosity.QUIET if args.quiet else Verbosity.VERBOSE if args.verbose else Verbosity.NORMAL
    return Progress(verbosity, output=output)
