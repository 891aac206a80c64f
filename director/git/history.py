"""Which commits of ours are on a branch, read from their messages."""

import re
from contextlib import suppress
from functools import lru_cache, partial
from typing import NamedTuple

from director.core.errors import GitError
from director.core.landed import Landed
from director.git.commands import Git
from director.git.objects import Objects, is_hash

_STEPS = 256
"""So far back commits are read one by one; `git log` reads more of them faster."""
_ROOM = 4 * _STEPS
_KEYS = ("Director-Task", "Director-Inputs", "Director-Work", "Director-Undoes")
_FIELD, _RECORD = "\x1f", "\x1e"
_TRAILER = re.compile(r"([A-Za-z0-9-]+): +(\S.*)")


class _Commit(NamedTuple):
    parent: str
    """Its first parent; empty if it has none."""
    trailers: dict[str, str] | None
    """None where only git can tell what counts as trailers."""


class History:
    """The first parents of commits. A commit never changes: each is read once, as long as there is room for it."""

    def __init__(self, git: Git, objects: Objects) -> None:
        self._git = git
        self._commit = lru_cache(_ROOM)(partial(_read, objects))

    def landed(self, base: str, tip: str) -> list[Landed]:
        """Return our commits after `base` up to `tip`, oldest first."""
        walked = None
        with suppress(GitError):  # where history is cut off, git knows
            walked = self._walk(base, tip) if is_hash(base) and is_hash(tip) else None
        return self._listed(base, tip) if walked is None else walked[::-1]

    def _walk(self, base: str, tip: str) -> list[Landed] | None:
        """Go back to the base; None where it is too far, not on the way, or a message is not plain."""
        found: list[Landed] = []
        for _ in range(_STEPS):
            if tip == base:
                return found
            commit = self._commit(tip)
            if commit.trailers is None:
                return None
            found += _landed(tip, *(commit.trailers.get(key.lower(), "") for key in _KEYS))
            tip = commit.parent
            if not tip:
                return None
        return None

    def _listed(self, base: str, tip: str) -> list[Landed]:
        trailers = _FIELD.join(f"%(trailers:key={key},valueonly,separator=%x2C)" for key in _KEYS)
        output = self._git(
            "log", "--first-parent", "--reverse", f"--format=%H{_FIELD}{trailers}{_RECORD}", f"{base}..{tip}"
        )
        records = output.decode(errors="replace").split(_RECORD)
        fields = (record.strip("\n").split(_FIELD) for record in records if record.strip())
        return [landed for values in fields if len(values) == 5 for landed in _landed(*values)]


def _landed(commit: str, task: str, inputs: str, work: str, undoes: str) -> list[Landed]:
    return [Landed(commit, task, inputs, work, tuple(undoes.split()))] if task else []


def _read(objects: Objects, commit: str) -> _Commit:
    header, _, message = objects.content(commit).decode(errors="replace").partition("\n\n")
    parent = re.search(r"^parent (\w+)$", header, re.MULTILINE)
    is_plain = "\nencoding " not in header
    return _Commit(parent[1] if parent else "", _trailers(message) if is_plain else None)


def _trailers(message: str) -> dict[str, str] | None:
    """Return the trailers of a message that says nothing of ours, or ends in a paragraph of trailers alone."""
    if "director-" not in message.lower():
        return {}
    title, _, last = message.rstrip("\n").rpartition("\n\n")
    found = [_TRAILER.fullmatch(line) for line in last.split("\n")]
    trailers = {trailer[1].lower(): trailer[2].strip() for trailer in found if trailer}
    is_plain = title.strip() and "\n---" not in message and len(trailers) == len(found)
    return trailers if is_plain else None
