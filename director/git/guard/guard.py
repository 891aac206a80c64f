"""Watch what of the user's repository only the user may change."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from director.git.guard.files import Files
from director.git.guard.heads import Heads
from director.git.guard.keeper import Keeper
from director.git.guard.refs import Refs, heads_of
from director.git.guard.traces import Traces
from director.git.repository import Repository
from director.shell import contents
from director.shell.contents import Stamp
from director.shell.intrusions import Intrusion


class Guard:
    """Tells the user's changes of the repository from those of agents and tests, and puts the latter back.

    Watched are refs with their values, HEAD of every checkout, the configuration, hooks, `info/exclude`,
    `info/attributes`, `info/grafts` and `objects/info/alternates`. Not watched are the files and the index of a
    checkout, `shallow`, `info/sparse-checkout` and what `git gc` writes: nothing there tells who wrote it.

    The state at the beginning is taken for the user's. So if director is killed between a change by an agent and
    the next check, the change stays.
    """

    def __init__(self, repository: Repository, *, own: Sequence[str], aside: Path, keep: str) -> None:
        """`own` are prefixes of refs that are director's and are passed over.

        Foreign objects are kept as refs below `keep`, which is one of `own`; foreign files in the directory `aside`,
        where the traces are, too: untrusted processes have to be able to write there.
        """
        self._common_dir = repository.common_dir
        self._packed = [repository.common_dir / name for name in ("packed-refs", "reftable/tables.list")]
        self._own = tuple(own)
        self._lock = threading.Lock()
        self._traces = Traces(aside / "traces", common_dir=repository.common_dir)
        keeper = Keeper(repository, prefix=keep, directory=aside / "foreign")
        self._traces.discard(self._traces.finished())
        self._files = Files(repository, keeper, self._traces)
        self._stamps: dict[str, Stamp] = {}
        self._heads = Heads(repository, keeper, self._traces)
        self._refs = Refs(repository, keeper, self._traces, own=own)

    def trace_environment(self) -> dict[str, str]:
        """Return the variables that every untrusted process has to be given, so that its git leaves traces."""
        return self._traces.environment()

    def check(self) -> list[Intrusion]:
        """Put back what agents and tests changed since the last check, and accept what the user changed.

        To be called after every untrusted process has ended. Costs next to nothing while nothing changes. Raises
        GitError where git can no longer read the repository.
        """
        with self._lock:
            finished = self._traces.finished()
            stamps = self._look()
            if stamps == self._stamps and contents.UNSETTLED not in stamps.values():
                self._traces.discard(finished)
                return []
            found = self._files.check() + self._heads.check() + self._refs.check()
            self._traces.discard(finished)
            self._stamps = stamps
            return found

    def _look(self) -> dict[str, Stamp]:
        """Look at all that is watched: the files, and every loose ref but those that are passed over."""
        places = [*self._files.single(), self._files.hooks, *heads_of(self._common_dir), *self._packed]
        stamps = contents.stamps(map(str, places))
        pending = [("refs/", str(self._common_dir / "refs")), ("hooks/", str(self._files.hooks))]
        while pending:
            pending += _add_loose(stamps, *pending.pop(), self._own)
        return stamps


def _add_loose(
    stamps: dict[str, Stamp], prefix: str, directory: str, passed_over: Sequence[str]
) -> list[tuple[str, str]]:
    """Add what lies in a directory, and return the directories there; there may be very many files."""
    below = []
    for entry in _entries(directory):
        name = prefix + entry.name
        try:
            if not entry.is_dir(follow_symlinks=False):
                stamps[name] = contents.stamp(entry.stat(follow_symlinks=False))
            elif f"{name}/" not in passed_over:
                below.append((f"{name}/", entry.path))
        except OSError:
            continue  # it is gone again
    return below


def _entries(directory: str) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except OSError:
        return []
