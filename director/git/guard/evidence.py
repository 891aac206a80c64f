"""Evidence: a git command of an untrusted process, and what of the user's repository it may have changed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_EARLIER, _LATER = 0.1, 0.004
"""File times come from a clock that lags a tick behind the one that git's traces are written by, and some ticks where a
virtual machine was not given its turn."""
_SECOND = 1.0
"""Reflogs count in seconds."""

_BY_NAME = frozenset({"branch", "tag", "update-ref", "symbolic-ref", "worktree", "receive-pack"})
"""Commands that change only refs that their arguments name."""
_BY_PLACE = {
    "stash": ("refs/stash",),
    "fetch": ("refs/remotes/", "refs/tags/"),
    "remote": ("refs/remotes/",),
    "replace": ("refs/replace/",),
    "notes": ("refs/notes/",),
}
"""Commands that change refs below these prefixes, or that their arguments name."""
_OTHERS = frozenset({
    "am", "bisect", "checkout", "cherry-pick", "commit", "fast-import", "filter-branch", "history",
    "merge", "pull", "push", "rebase", "reflog", "refs", "replay", "reset", "revert", "submodule",
    "subtree", "switch",
})  # fmt: skip
_MOVES_OFTEN = frozenset({"am", "cherry-pick", "fast-import", "filter-branch", "pull", "rebase", "revert"})
_MOVES_REFS = _BY_NAME | _BY_PLACE.keys() | _OTHERS
_CONFIGURES = frozenset({
    "branch", "checkout", "clone", "config", "fetch", "init", "lfs", "maintenance", "pull", "push",
    "remote", "sparse-checkout", "submodule", "switch", "worktree",
})  # fmt: skip
WRITES = _MOVES_REFS | _CONFIGURES
"""Commands that may change a repository in a way that matters here."""
_DELETES = re.compile(r"-[dDmM]\w*|--(delete|move|stdin|prune|mirror)|\+?:.+|remove|rename|rm|prune|drop|clear|pop")
_WRITES_VERB = {
    "branch": {"checkout", "switch", "worktree", "stash", "fetch"},
    "checkout": {"switch", "bisect", "worktree", "stash", "submodule"},
    "merge": {"pull"},
    "rebase": {"pull"},
    "update": {"push"},
    "push": {"receive-pack"},
    "fetch": {"pull", "remote"},
    "commit": {"cherry-pick", "revert", "rebase", "merge", "am", "fast-import"},
}
"""Words that reflog messages begin with, and the commands that write them besides those of the same name."""
_WRITES_ANYTHING = frozenset({"update-ref", "symbolic-ref", "stash", "receive-pack", "replay", "history"})


@dataclass(frozen=True)
class Process:
    """A traced git command that worked on the user's repository."""

    argv: tuple[str, ...]
    """Its arguments; of a push that came in, also those of the push."""
    command: str
    callers: frozenset[str]
    """The command and the git commands that it was started by."""
    started: float
    ended: float

    @property
    def moves_often(self) -> bool:
        """Tell whether it may have moved one ref more than once."""
        return self.command in _MOVES_OFTEN

    def configured(self, moment: float) -> bool:
        """Tell whether it may have written a configuration file that changed at a moment."""
        return self.command in _CONFIGURES and self._covers(moment)

    def moved(self, ref: str, *, at: Iterable[float] = (), around: Iterable[float] = (), message: str | None) -> bool:
        """Tell whether it may have changed a ref at one of the moments, or within a second of one.

        `message` is the line that the change left in the reflog.
        """
        timely = any(self._covers(moment) for moment in at) or any(self._covers(time, _SECOND) for time in around)
        return timely and self._reaches(ref) and self._says(message)

    def deleted(self, ref: str, *, at: Iterable[float]) -> bool:
        """Tell whether it may have deleted a ref, where its directory changed at these moments last."""
        if not any(_DELETES.fullmatch(argument) for argument in self.argv):
            return False
        return self._names(ref) or (self._reaches(ref) and any(self._covers(moment) for moment in at))

    def _covers(self, moment: float, slack: float = 0.0) -> bool:
        return self.started - _EARLIER - slack <= moment <= self.ended + _LATER + slack

    def _reaches(self, ref: str) -> bool:
        if self.command in _OTHERS or (ref, self.command) == ("HEAD", "branch"):
            return True
        below = _BY_PLACE.get(self.command, ())
        by_name = self.command in _BY_NAME or bool(below)
        return ref.startswith(below or ("/",)) or (by_name and ("--stdin" in self.argv or self._names(ref)))

    def _names(self, ref: str) -> bool:
        short = ref.split("/", 2)[-1]
        return any(part in (ref, short) for argument in self.argv for part in _parts(argument))

    def _says(self, message: str | None) -> bool:
        """Tell whether a reflog message may be its own: `commit: …` is not what a fetch says."""
        word = re.match(r"[a-z-]+", message or "", re.IGNORECASE)
        verb = word[0].lower() if word else ""
        if not verb or self.callers & _WRITES_ANYTHING or verb not in _MOVES_REFS | _WRITES_VERB.keys():
            return True
        return bool(self.callers & ({verb} | _WRITES_VERB.get(verb, set())))


def _parts(argument: str) -> Iterator[str]:
    """Yield what in an argument may be a ref: refspecs have two, the path of a worktree ends in one."""
    for part in argument.removeprefix("+").split(":", 1):
        yield part
        yield part.removeprefix("heads/").removeprefix("tags/")
    yield argument.rstrip("/").rpartition("/")[2] if argument.startswith(("/", ".")) else argument
