"""Text for people: safe against whatever an agent or a file put into it."""

import io
import os
import re
import sys
import time
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from director.core.amounts import counted as counted
from director.core.amounts import dollars as dollars
from director.core.amounts import duration as duration
from director.core.amounts import spared as spared
from director.core.errors import DirectorError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what follows them."""
_WIDE = 10_000


class Output(Console):
    """Where people read; once nobody reads any more, it is silent and the work goes on."""

    def on_broken_pipe(self) -> None:
        """Let everything else that is printed vanish."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console() -> Console:
    """Return where people read."""
    return Output(highlight=False, soft_wrap=not sys.stdout.isatty())


def clean(text: str) -> str:
    """Return a text without the control characters that could steer a terminal."""
    return _CONTROL.sub("�", text.replace("\r\n", "\n").replace("\t", "    "))


def plain(text: str, style: str = "") -> Text:
    """Return a text in which nothing is markup."""
    return Text(clean(text), style=style)


def say(text: str) -> None:
    """Print a line."""
    console().print(plain(text))


def moment() -> str:
    """Return the time as people read it."""
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")


def age(since: float) -> str:
    """Return how long ago a moment was; `since` is in seconds since the epoch."""
    hours = max(time.time() - since, 0.0) / 3600
    return "within the hour" if hours < 1 else f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} d ago"


def show(table: Table) -> None:
    """Print a table: fitted to a terminal, in a pipe one line for each row."""
    if sys.stdout.isatty():
        console().print(table)
        return
    for line in table_lines(table):
        say(line)


def table_lines(table: Table) -> list[str]:
    """Return a table as plain text, one line for each row."""
    text = io.StringIO()
    Console(file=text, width=_WIDE, force_terminal=False, color_system=None).print(table)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def complain(error: DirectorError) -> None:
    """Print an expected error and its hint."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    errors.print(Text.assemble(("error: ", "bold red"), clean(error.message)))
    if error.hint:
        errors.print(Text.assemble(("hint: ", "bold"), clean(error.hint)))
