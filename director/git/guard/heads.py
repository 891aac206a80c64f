"""HEAD of the user's checkouts: who changed it, and putting it back."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from director.git.guard import reflogs
from director.git.guard.evidence import Process
from director.git.guard.keeper import Keeper
from director.git.guard.refs import heads_of, not_by
from director.git.guard.traces import Traces
from director.git.repository import Repository
from director.shell import contents
from director.shell.contents import Content
from director.shell.intrusions import Intrusion

_SYMBOLIC = re.compile(rb"ref: *(refs/\S+)\n?")
_DETACHED = re.compile(rb"([0-9a-f]{40,64})\n?")
_MOVE = re.compile(r"checkout: moving from (?P<from>\S+) to (?P<to>\S+)")


@dataclass(frozen=True)
class _Head:
    content: Content | None
    inode: int
    log_size: int
    logged: str
    """Where the last entry of the reflog led."""
    changed_at: float
    logged_at: float
    """When the reflog was written last. What is written after this look is none of what was seen."""

    @classmethod
    def of(cls, head: Path) -> "_Head":
        log = _log(head)
        status, entries, logged_at = _status(head), reflogs.tail(log), contents.changed_at(log)
        return cls(
            content=contents.read(head),
            inode=status.st_ino if status else 0,
            log_size=found.st_size if (found := _status(log)) else 0,
            logged=entries[-1].new if entries else "",
            changed_at=contents.changed_at(head),
            logged_at=logged_at,
        )

    @property
    def target(self) -> str:
        """The branch or the commit that HEAD names; empty for what is neither."""
        data = self.content.data if self.content else b""
        found = _SYMBOLIC.fullmatch(data) or _DETACHED.fullmatch(data)
        return os.fsdecode(found[1]) if found else ""


class Heads:
    """HEAD of the repository and of the user's linked worktrees, as they were last seen.

    The files and the index of a checkout are not put back with it: what stands there cannot be told from the user's
    own work. A worktree that comes or goes is not minded.
    """

    def __init__(self, repository: Repository, keeper: Keeper, traces: Traces) -> None:
        self._repository = repository
        self._common_dir = repository.common_dir
        self._keeper = keeper
        self._traces = traces
        self._seen = self._read()

    def check(self) -> list[Intrusion]:
        """Put back every HEAD that an agent changed since the last check, and take others as they are."""
        before, self._seen = self._seen, self._read()
        common = [head for head in before if head.parent.is_dir()]
        self._seen |= {head: _Head.of(head) for head in common if head not in self._seen}
        changed = [head for head in common if before[head].content != self._seen[head].content]
        evidence = self._traces.processes() if changed else []
        found = (self._judge(head, before[head], evidence) for head in changed)
        return [intrusion for intrusion in found if intrusion]

    def _read(self) -> dict[Path, _Head]:
        return {head: _Head.of(head) for head in heads_of(self._common_dir)}

    def _judge(self, head: Path, before: _Head, evidence: list[Process]) -> Intrusion | None:
        now = self._seen[head]
        traced = _is_traced(head, now, evidence)
        if traced and _went_on(now, evidence):
            return self._report(head, restored=False)
        if traced or _is_raw(head, before, now):
            return self._undo(head, self._wanted(head, before, evidence))
        return None

    def _wanted(self, head: Path, before: _Head, evidence: list[Process]) -> Content | None:
        """Return what the user left HEAD at: what was seen last, or where the user's own moves since then led."""
        entries = reflogs.tail(_log(head), after=before.log_size)
        moves = [entry for entry in entries if _MOVE.fullmatch(entry.message)]
        if not moves:
            return before.content
        if self._seen[head].target not in (f"refs/heads/{_moved(moves[-1], 'to')}", moves[-1].new):
            return self._named(_moved(moves[-1], "to"), before)
        left = not_by(moves, "HEAD", evidence)
        return self._named(_moved(left[-1], "to") if left else _moved(moves[0], "from"), before)

    def _named(self, name: str, before: _Head) -> Content | None:
        """Return what HEAD holds on a branch, or on a commit; what was seen last if there is no such thing."""
        branch = f"refs/heads/{name}"
        is_branch = self._repository.git.attempt("show-ref", "--verify", "--quiet", branch)[0] == 0
        target = f"ref: {branch}" if is_branch else self._repository.tip(name)
        if not before.content or not target or branch == before.target:
            return before.content
        return replace(before.content, data=os.fsencode(f"{target}\n"))

    def _undo(self, head: Path, wanted: Content | None) -> Intrusion:
        report = self._report(head, restored=True)
        try:
            restored = contents.put_back(head, wanted, found=self._seen[head].content, top=self._common_dir)
        except OSError:
            restored = False
        if restored:
            self._seen[head] = _Head.of(head)
        return replace(report, restored=restored)

    def _report(self, head: Path, *, restored: bool) -> Intrusion:
        now = self._seen[head]
        what = "HEAD" if head.parent == self._common_dir else f"HEAD of the worktree '{head.parent.name}'"
        if now.target and not now.target.startswith("refs/"):
            return Intrusion(what, "changed", self._keeper.keep_value("HEAD", now.target), restored)
        return Intrusion(what, "changed", self._keeper.aside.keep(head, now.content, "HEAD"), restored)


def _moved(entry: reflogs.Entry, place: str) -> str:
    found = _MOVE.fullmatch(entry.message)
    return found[place] if found else ""


def _log(head: Path) -> Path:
    return head.parent / "logs" / "HEAD"


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _is_traced(head: Path, now: _Head, evidence: list[Process]) -> bool:
    entries = reflogs.tail(_log(head))
    message = entries[-1].message if entries and not _went_on(now, evidence) else None
    return any(process.moved("HEAD", at=[now.changed_at], message=message) for process in evidence)


def _went_on(now: _Head, evidence: list[Process]) -> bool:
    """Tell whether the reflog goes on after HEAD changed, by no command of an agent."""
    return now.logged_at > now.changed_at and not any(
        process.moved("HEAD", at=[now.logged_at], message=None) for process in evidence
    )


def _is_raw(head: Path, before: _Head, now: _Head) -> bool:
    """Tell whether HEAD was changed by something that is not git.

    A commit needs an entry that leads to it. Some of git's commands change the branch without an entry; but git puts
    a new file in the place of HEAD, and so the branch counts only where it was written into the old one.
    """
    if not now.target.startswith("refs/"):
        return not now.target or reflogs.contradict(reflogs.tail(_log(head)), before.logged, now.target)
    short = now.target.removeprefix("refs/heads/")
    entries = reflogs.tail(_log(head), after=before.log_size)
    return now.inode == before.inode and not any(short in entry.message for entry in entries)
