"""Blobs, trees, commits and refs that are written one after another, by gits that last."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from director.git.commands import Git
from director.git.trees import Entry, Trees
from director.shell import contents
from director.shell.responders import Responder, read_line
from director.shell.scratch import scratch_directory

_BLOBS = ("hash-object", "-w", "--no-filters", "--stdin-paths")
_COMMITS = ("hash-object", "-w", "-t", "commit", "--stdin-paths")
_TREES = ("mktree", "-z", "--missing", "--batch")
_DONE = [b"start: ok", b"prepare: ok", b"commit: ok"]
_IMPATIENT = ("-c", "core.filesRefLockTimeout=100", "-c", "core.packedRefsTimeout=100")


class Writer:
    """Writes objects, and refs of ours that nobody else moves."""

    def __init__(self, git: Git, trees: Trees) -> None:
        self._git, self._trees = git, trees
        self._objects, self._packs = git.common_dir / "objects", contents.UNSETTLED
        self._refs = git.lasting(*_IMPATIENT, "update-ref", "--stdin")
        self._blobs = git.lasting(*_BLOBS)
        self._made = git.lasting(*_TREES)
        self._commits = git.lasting(*_COMMITS)

    def write_blobs(self, places: Iterable[Path]) -> list[str]:
        """Write what files hold as it is; return the blobs. Their paths are without line breaks."""
        self._forget_packs()
        return [self._ask(self._blobs, f"{place}\n", _BLOBS) for place in places]

    def write_tree(self, tree: str, changes: Mapping[str, Entry | None]) -> str:
        """Write a tree that differs from another one at some paths; None deletes the file that may be there."""
        self._forget_packs()
        return self._changed(tree, changes) or self._write({})

    def write_commit(self, tree: str, *, parents: Iterable[str], message: str) -> str:
        """Write a commit of the user's, made now."""
        self._forget_packs()
        lines = [f"tree {tree}", *(f"parent {commit}" for commit in dict.fromkeys(parents)), *self._people()]
        with scratch_directory() as scratch:
            place = Path(scratch) / "commit"
            place.write_bytes("\n".join([*lines, "", message]).encode())
            return self._ask(self._commits, f"{place}\n", _COMMITS)

    def _people(self) -> Iterator[str]:
        """Yield the lines of a commit that say whose it is and when it was made."""
        now = f"{int(time.time())} {time.strftime('%z')}"
        for role, (who, when) in self._identities.items():
            yield f"{role} {who}> {when if f'GIT_{role.upper()}_DATE' in os.environ else now}"

    @cached_property
    def _identities(self) -> dict[str, tuple[str, str]]:
        """The author and the committer as git writes them, and the time for which it would take this moment."""
        said = {role: self._git.text("var", f"GIT_{role.upper()}_IDENT") for role in ("author", "committer")}
        return {role: (line.partition("> ")[0], line.partition("> ")[2]) for role, line in said.items()}

    def _forget_packs(self) -> None:
        """Begin anew where packs came or went: a git does not write what it once saw in one that is gone meanwhile."""
        packs = contents.stamp((self._objects / "pack").stat())
        if not contents.is_same(self._packs, packs) or (self._objects / "info" / "alternates").exists():
            self._close_writers()
        self._packs = packs

    def point(self, ref: str, commit: str) -> bool:
        """Point a ref at a commit, whatever it pointed at; tell whether that could be done without waiting."""
        request = f"start\noption no-deref\nupdate {ref} {commit}\nprepare\ncommit\n"
        try:
            return self._refs.ask(request.encode(), lambda source: [read_line(source) for _ in _DONE]) == _DONE
        except (OSError, EOFError):
            return False

    def close(self) -> None:
        """End the programs that write."""
        self._refs.close()
        self._close_writers()

    def _close_writers(self) -> None:
        for writer in (self._blobs, self._made, self._commits):
            writer.close()

    def _changed(self, tree: str, changes: Mapping[str, Entry | None]) -> str:
        """Return the changed tree, or nothing if there is nothing left in it."""
        before = self._trees.entries(tree) if tree else {}
        entries, nested = dict(before), dict[str, dict[str, Entry | None]]()
        for path, entry in changes.items():
            name, _, rest = path.partition("/")
            if rest:
                nested.setdefault(name, {})[rest] = entry
            elif entry or name not in entries or not entries[name].is_tree:
                _put(entries, name, entry)
        for name, inside in nested.items():
            old = entries.get(name)
            below = old.name if old and old.is_tree else ""
            if below or any(inside.values()):
                made = self._changed(below, inside)
                _put(entries, name, Entry.of_tree(made) if made else None)
        return tree if entries == before else (entries and self._write(entries)) or ""

    def _write(self, entries: Mapping[str, Entry]) -> str:
        lines = (f"{entry.mode} {entry.kind} {entry.name}\t{name}\0" for name, entry in entries.items())
        return self._ask(self._made, "".join(lines) + "\0", _TREES)

    def _ask(self, responder: Responder, request: str, arguments: Sequence[str]) -> str:
        """Return what was written; if it could not be, a git of its own says why. Raises GitError."""
        said = request.encode(errors="surrogateescape")
        try:
            return responder.ask(said, read_line).decode()
        except (OSError, EOFError):
            return self._git(*arguments, stdin=said).decode().strip()


def _put(entries: dict[str, Entry], name: str, entry: Entry | None) -> None:
    if entry:
        entries[name] = entry
    else:
        entries.pop(name, None)
