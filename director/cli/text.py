"""Text for people: safe against whatever an agent or a file put into it."""

import re
import sys

from rich.console import Console
from rich.text import Text

from director.core.errors import DirectorError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def console() -> Console:
    """Return where people read."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def clean(text: str) -> str:
    """Return a text without the control characters that could steer a terminal."""
    return _CONTROL.sub("�", text.replace("\r\n", "\n").replace("\t", "    "))


def plain(text: str, style: str = "") -> Text:
    """Return a text in which nothing is markup."""
    return Text(clean(text), style=style)


def say(text: str) -> None:
    """Print a line."""
    console().print(plain(text))


def complain(error: DirectorError) -> None:
    """Print an expected error and its hint."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    errors.print(Text.assemble(("error: ", "bold red"), clean(error.message)))
    if error.hint:
        errors.print(Text.assemble(("hint: ", "bold"), clean(error.hint)))


def dollars(amount: float, unpriced: int = 0) -> str:
    """Return an amount; a `+?` says that calls are left out because their price is not known."""
    return f"${amount:.4f}{'+?' if unpriced else ''}" if amount or not unpriced else "?"


def duration(seconds: float) -> str:
    """Return seconds as people read them."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
