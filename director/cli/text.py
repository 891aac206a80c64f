"""Text for people: safe against whatever an agent or a file put into it."""

import os
import re
import sys
from datetime import datetime

from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from director.core.amounts import counted as counted
from director.core.amounts import dollars as dollars
from director.core.amounts import duration as duration
from director.core.errors import DirectorError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what follows them."""
_GAP = "  "
"""Between the columns of a table in a pipe."""


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


def show(table: Table) -> None:
    """Print a table: fitted to a terminal, in a pipe one line for each row."""
    if sys.stdout.isatty():
        console().print(table)
        return
    for line in table_lines(table):
        print(line)


def table_lines(table: Table) -> list[str]:
    """Return a table that has no lines of its own as plain text, one line for each row.

    rich takes a second for a thousand rows: it fits them to a width that a pipe does not have.
    """
    columns = [_aligned(column, has_header=table.show_header) for column in table.columns]
    return [_GAP.join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _aligned(column: Column, *, has_header: bool) -> list[str]:
    cells = [_line(cell) for cell in ([column.header] if has_header else []) + list(column.cells)]
    width = max(map(cell_len, cells), default=0)
    blanks = [" " * (width - cell_len(cell)) for cell in cells]
    is_right = column.justify == "right"
    return [blank + cell if is_right else cell + blank for cell, blank in zip(cells, blanks, strict=True)]


def _line(cell: object) -> str:
    return " ".join(str(cell).splitlines())


def complain(error: DirectorError) -> None:
    """Print an expected error and its hint."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    errors.print(Text.assemble(("error: ", "bold red"), clean(error.message)))
    if error.hint:
        errors.print(Text.assemble(("hint: ", "bold"), clean(error.hint)))
