"""Stay and show what changes: drawn over at a terminal, told again elsewhere."""

import time
from collections.abc import Callable, Iterator, Sequence

from rich.console import Group
from rich.live import Live
from rich.table import Table

from director.cli.looking import Observer
from director.cli.text import clean, console, plain, table_lines
from director.core.errors import DirectorError
from director.shell import memory
from director.tasks.graph import Graph

Part = Table | str
LOOK_SECONDS = 1.0


def watch(observer: Observer, tell: Callable[[Graph], Sequence[Part]]) -> None:
    """Show what is told of a job whenever the job has changed, until Ctrl-C."""
    memory.look_often()
    screen = console()
    observer.graph()  # what is wrong with the request is said at once
    if screen.is_terminal and screen.file.isatty() and not screen.is_dumb_terminal:
        with Live(console=screen, auto_refresh=False) as live:
            for parts in _news(observer, tell):
                live.update(_drawing(parts), refresh=True)
    else:
        told = ""
        for parts in _news(observer, tell):
            if (text := _text(parts)) != told:
                print(f"\n{text}" if told and "\n" in text else text, flush=True)
                told = text


def _news(observer: Observer, tell: Callable[[Graph], Sequence[Part]]) -> Iterator[Sequence[Part]]:
    """Yield what there is to tell after each change of the job; in between only its files are looked at."""
    seen = ""
    while True:
        now = observer.revision()
        if now != seen:
            seen = now
            try:
                parts = tell(observer.graph())
            except DirectorError as error:  # such as a plan that is being edited
                parts = [f"error: {error.message}"]
            yield parts
        time.sleep(LOOK_SECONDS)


def _drawing(parts: Sequence[Part]) -> Group:
    """Return the parts with the tables last: where there is no room for all, rows are left out and no totals."""
    ordered = sorted(parts, key=lambda part: isinstance(part, Table))
    return Group(*(part if isinstance(part, Table) else plain(part) for part in ordered))


def _text(parts: Sequence[Part]) -> str:
    lines = (table_lines(part) if isinstance(part, Table) else [clean(part)] for part in parts)
    return "\n".join(line for part in lines for line in part)
