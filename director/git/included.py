"""Which untracked files of the user's checkout worktrees get copies of: those that `.worktreeinclude` names."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from director.core.digests import digest
from director.core.errors import GitError
from director.git.commands import run_in
from director.git.stock import Stock

NAME = ".worktreeinclude"
_LEADS_OUT = "they lead out of the repository"


@dataclass(frozen=True)
class Included:
    """Files of the checkout as they were copied."""

    stock: Stock
    digest: str
    """Changes when one of them does."""
    left_out: dict[str, list[str]]
    """What was not copied, by the reason."""


def is_there(root: Path) -> bool:
    """Tell whether a checkout says what worktrees get copies of."""
    place = root / NAME
    return place.is_file() and not place.is_symlink()


def take_included(root: Path, stock: Stock, *, besides: Path) -> Included:
    """Copy into a stock what the checkout's .worktreeinclude names, nothing below the directory `besides`.

    A file counts if .worktreeinclude matches it and git ignores it and does not track it. No link is followed.
    """
    stock.clear()
    root = root.resolve()
    names = sorted(name for name in _named(root) if not (root / name).is_relative_to(besides.resolve()))
    left_out: dict[str, list[str]] = {}
    for name in names:
        if reason := _take(root, name, stock):
            left_out.setdefault(reason, []).append(name)
    stock.close()
    return Included(stock, digest([_state(root / name) for name in names if name in stock.kept]), left_out)


def _named(root: Path) -> list[str]:
    """Ask git, which knows the syntax and the user's own rules; what it lists is no directory and nothing special."""
    if not is_there(root):
        return []
    matched = _lines(root, "ls-files", "-z", "--others", "--ignored", f"--exclude-from={NAME}")
    plain = [f"./{name}" for name in matched if not name.endswith("/")]  # a repository of its own has a slash
    asked = "\0".join(plain).encode(errors="surrogateescape")
    return [name.removeprefix("./") for name in _lines(root, "check-ignore", "-z", "--stdin", stdin=asked)]


def _lines(root: Path, *arguments: str, stdin: bytes = b"") -> list[str]:
    status, output = run_in(root, *arguments, stdin=stdin, as_configured=True)
    if status not in (0, 1):
        raise GitError(arguments, status=status, output="", place=str(root))
    return [name for name in output.decode(errors="surrogateescape").split("\0") if name]


def _take(root: Path, name: str, stock: Stock) -> str:
    """Copy one file or link; return why not, if so."""
    place = root / name
    if not place.is_symlink():
        return stock.keep(root, name)
    end, leads = Path(os.path.realpath(place)), str(place.readlink())
    if end.is_relative_to(root):
        stock.keep_link(name, leads if _stays_inside(name, leads) else os.path.relpath(end, place.parent))
    elif _is_program(place):
        stock.keep_link(name, leads)
    else:
        return _LEADS_OUT
    return ""


def _stays_inside(name: str, leads: str) -> bool:
    """Tell whether a link leads to the same place of a worktree as it does in the checkout."""
    way = os.path.normpath(os.path.join(os.path.dirname(name), leads))  # noqa: PTH118, PTH120 - it may not exist
    return not way.startswith(("/", "../"))


def _is_program(place: Path) -> bool:
    """Tell whether a link leads to a program, as the `python` of a virtual environment does."""
    return place.is_file() and os.access(place, os.X_OK)


def _state(place: Path) -> Sequence[object]:
    status = place.lstat()
    leads = str(place.readlink()) if stat.S_ISLNK(status.st_mode) else ""
    return os.fsencode(place).hex(), status.st_mode, status.st_size, status.st_ino, status.st_ctime_ns, leads
