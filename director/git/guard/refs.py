"""Refs of the user: who changed them, and putting them back.

A change is an agent's if a traced command of an agent may have made it at that moment, or if the ref has a reflog
that knows nothing of it. Every other change is the user's.
"""

import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from director.git.guard import reflogs
from director.git.guard.evidence import Process
from director.git.guard.keeper import Keeper
from director.git.guard.traces import Traces
from director.git.guard.worktrees import linked_worktrees
from director.git.repository import Repository
from director.shell import contents
from director.shell.intrusions import Intrusion

_PAUSE = 0.05
"""git changes a ref and its reflog one after the other: what looks odd is looked at again after this."""
_LOCK_MILLISECONDS = 1000
_STASH = "refs/stash"
_SYMBOLIC = "ref: "
_COPIED = re.compile("Branch: (renamed|copied)")
_KINDS = {"refs/heads/": "the branch", "refs/tags/": "the tag", "refs/remotes/": "the remote branch"}


@dataclass(frozen=True)
class _Change:
    ref: str
    before: str | None
    now: str | None

    @property
    def what(self) -> str:
        if self.ref == _STASH:
            return "the stash"
        kind = next((prefix for prefix in _KINDS if self.ref.startswith(prefix)), "")
        return f"{_KINDS.get(kind, 'the ref')} '{self.ref.removeprefix(kind)}'"

    @property
    def how(self) -> str:
        if self.before is None:
            return "created"
        return "moved" if self.now else "deleted"


class Refs:
    """All refs but director's, as they were last seen."""

    def __init__(self, repository: Repository, keeper: Keeper, traces: Traces, *, own: Sequence[str]) -> None:
        self._repository = repository
        self._common_dir = repository.common_dir
        self._keeper = keeper
        self._traces = traces
        self._own = tuple(own)
        self._seen = self._read()
        self._stash_log = contents.read(self._log(_STASH))

    def check(self) -> list[Intrusion]:
        """Put back what an agent changed since the last check, and take everything else as it is."""
        now = self._read()
        names = sorted({ref for ref, _ in now.items() ^ self._seen.items()})
        changes = [_Change(ref, self._seen.get(ref), now.get(ref)) for ref in names]
        evidence = self._traces.processes() if changes else []
        foreign = [change for change in changes if self._is_foreign(change, evidence)]
        built_on = [change for change in changes if change not in foreign and self._is_built_on(change, evidence)]
        self._seen = now
        wanted = [(change, self._wanted(change, evidence)) for change in foreign]
        found = [self._undo(*undone) for undone in sorted(wanted, key=lambda undone: undone[1] is not None)]
        if not any(change.ref == _STASH for change in foreign):
            self._stash_log = contents.read(self._log(_STASH))
        return found + [self._report(change) for change in built_on]

    def _read(self) -> dict[str, str]:
        output = self._repository.git("for-each-ref", "--format=%(refname) %(objectname) %(symref)")
        rows = (line.split(" ", 2) for line in os.fsdecode(output).splitlines())
        return {ref: f"{_SYMBOLIC}{target}" if target else value for ref, value, target in rows if self._is_theirs(ref)}

    def _is_theirs(self, ref: str) -> bool:
        return not ref.startswith(self._own)

    def _log(self, ref: str) -> Path:
        return self._common_dir / "logs" / ref

    def _is_foreign(self, change: _Change, evidence: Sequence[Process]) -> bool:
        if change.now is None:
            traced = any(process.deleted(change.ref, at=self._times_around(change.ref)) for process in evidence)
        else:
            traced = any(self._moved(process, change) for process in evidence)
        return traced or (self._is_raw(change) and self._is_raw_still(change))

    def _moved(self, process: Process, change: _Change) -> bool:
        entries = reflogs.tail(self._log(change.ref))
        last = entries[-1] if entries and entries[-1].new == change.now else None
        message = last.message if last else None
        if moment := contents.changed_at(self._common_dir / change.ref):
            return process.moved(change.ref, at=[moment], message=message)
        if last:
            return process.moved(change.ref, around=[last.time], message=message)
        return process.moved(change.ref, at=self._times_around(change.ref), message=message)

    def _times_around(self, ref: str) -> list[float]:
        """Return when what holds the ref, or held it, changed last."""
        places = [self._common_dir / "packed-refs", self._common_dir / "reftable" / "tables.list"]
        above = next((place for place in (self._common_dir / ref).parents if place.is_dir()), self._common_dir)
        return [moment for place in (*places, above) if (moment := contents.changed_at(place))]

    def _is_raw(self, change: _Change) -> bool:
        """Tell whether a ref was changed by something that writes no reflog where there is one."""
        if change.before is None or change.before.startswith(_SYMBOLIC):
            return False
        if change.now is None:
            places = (self._log(change.ref), self._common_dir / change.ref)
            return any(place.is_symlink() or place.is_file() for place in places)
        return reflogs.contradict(reflogs.tail(self._log(change.ref)), change.before, change.now)

    def _is_raw_still(self, change: _Change) -> bool:
        time.sleep(_PAUSE)
        return self._read().get(change.ref) == change.now and self._is_raw(change)

    def _is_built_on(self, change: _Change, evidence: Sequence[Process]) -> bool:
        """Tell whether an agent moved a ref and the user moved it again afterwards."""
        entries = reflogs.since(reflogs.tail(self._log(change.ref)), change.before)
        return any(
            process.moved(change.ref, around=[entry.time], message=entry.message)
            for entry in entries[:-1]
            for process in evidence
        )

    def _report(self, change: _Change) -> Intrusion:
        return Intrusion(change.what, change.how, self._keeper.keep_value(change.ref, change.now), restored=False)

    def _wanted(self, change: _Change, evidence: Sequence[Process]) -> str | None:
        """Return what the user left a ref at: what was seen last, or what the user's own moves since then led to."""
        entries = reflogs.since(reflogs.tail(self._log(change.ref)), change.before)
        if not entries or not _is_plain(change, entries):
            return change.before
        if entries[-1].new == change.now:  # that entry is the agent's, whatever time it gave it
            by = next((process for process in evidence if self._moved(process, change)), None)
            others = [process for process in evidence if process is not by or process.moves_often]
            entries = not_by(entries[:-1], change.ref, others)
        return entries[-1].new if entries else change.before

    def _undo(self, change: _Change, wanted: str | None) -> Intrusion:
        kept = self._keeper.keep_value(change.ref, change.now)
        if not change.now or change.now.startswith(_SYMBOLIC):
            kept = self._clear_broken(change.ref) or kept
        is_used = wanted is None and change.ref in set(_checked_out(self._common_dir))
        restored = not is_used and self._put_back(change, wanted)
        if restored:
            self._seen.pop(change.ref, None)
            self._seen |= {change.ref: wanted} if wanted else {}
            self._restore_stash_log(change, wanted)
        return Intrusion(change.what, change.how, kept, restored)

    def _put_back(self, change: _Change, wanted: str | None) -> bool:
        if wanted and wanted.startswith(_SYMBOLIC):
            command: tuple[str, ...] = ("symbolic-ref", change.ref, wanted.removeprefix(_SYMBOLIC))
        else:
            null = "0" * len(wanted or change.now or "")
            was = null if not change.now or change.now.startswith(_SYMBOLIC) else change.now
            log = ("--create-reflog",) if self._has_reflogs(change.ref) else ()
            command = ("update-ref", "--no-deref", "-m", "director: put back", *log, change.ref, wanted or null, was)
        status, _, _ = self._repository.git.attempt("-c", f"core.filesRefLockTimeout={_LOCK_MILLISECONDS}", *command)
        return status == 0

    def _has_reflogs(self, ref: str) -> bool:
        return ref.startswith(("refs/heads/", "refs/remotes/", _STASH)) and self._log("HEAD").is_file()

    def _clear_broken(self, ref: str) -> str:
        """Take away what stands in the place of a ref and cannot be replaced by git; return where it is kept."""
        loose = self._common_dir / ref
        found = contents.read(loose)
        if found is None:
            return ""
        kept = self._keeper.aside.keep(loose, found, ref)
        with suppress(OSError):
            contents.put_back(loose, None, found=found, top=self._common_dir)
        return kept

    def _restore_stash_log(self, change: _Change, wanted: str | None) -> None:
        """Give the stash its older entries back: they are nowhere but in its reflog."""
        log = self._log(_STASH)
        if change.ref == _STASH and wanted == change.before and self._stash_log:
            with suppress(OSError):
                contents.put_back(log, self._stash_log, found=contents.read(log), top=self._common_dir)


def _is_plain(change: _Change, entries: Sequence[reflogs.Entry]) -> bool:
    """Tell whether entries of a reflog tell all that happened since the last check, and nothing from before it."""
    if change.ref == _STASH or (change.before or "").startswith(_SYMBOLIC):
        return False
    if change.before is None:
        return not any(_COPIED.match(entry.message) for entry in entries)
    return entries[0].old == change.before


def not_by(entries: Sequence[reflogs.Entry], ref: str, evidence: Sequence[Process]) -> list[reflogs.Entry]:
    """Return entries of a reflog less those at the end that traced commands may have written, each of them one."""
    left, unused = list(entries), list(evidence)
    while left:
        last = left[-1]
        by = next((one for one in unused if one.moved(ref, around=[last.time], message=last.message)), None)
        if by is None:
            break
        left.pop()
        if not by.moves_often:
            unused.remove(by)
    return left


def _checked_out(common_dir: Path) -> Iterator[str]:
    for head in heads_of(common_dir):
        content = contents.read(head)
        if content and content.kind == stat.S_IFREG:
            yield os.fsdecode(content.data).removeprefix(_SYMBOLIC).strip()


def heads_of(common_dir: Path) -> Iterable[Path]:
    """Return the HEAD of the repository and of each linked worktree."""
    return [common_dir / "HEAD", *(worktree / "HEAD" for worktree in linked_worktrees(common_dir))]
