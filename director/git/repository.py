"""Questions to a repository, and the few ways in which director changes it: objects, and refs by compare and swap."""

import os
import re
import stat
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from director.core.errors import ConfigError, GitError, MergeConflict, TipMoved
from director.core.excerpts import Excerpt
from director.core.landed import Landed
from director.core.plan.paths import path_problem
from director.git.commands import Git, find_repository, run_in
from director.git.history import History
from director.git.objects import Found, Objects, is_hash
from director.git.tracked import Tracked
from director.git.trees import Entry, Trees
from director.git.writing import Writer
from director.shell import contents

_CONFLICT = re.compile(r"CONFLICT \([^)]*\): ")
_HUNK = re.compile(rb"^@@ -\S+ \+(\d+)", re.MULTILINE)
_HEADER_BYTES = 2000
"""Of a patch: what stands before its first hunk is shorter."""
_FULL_REF = re.compile(r"refs(/\w[\w.-]*)+")
_LOCK_SECONDS = 1.0


@dataclass(frozen=True)
class Change:
    """A path that differs between two trees."""

    path: str
    is_new: bool
    mode: str
    """Of what stands there now, as git writes it; `000000` for nothing."""

    @property
    def is_regular(self) -> bool:
        """Tell whether a regular file stands there now, or nothing."""
        return self.mode in ("000000", "100644", "100755")


@dataclass(frozen=True)
class Repository:
    """The user's repository. Its checkout, index, HEAD and own branches are never written."""

    root: Path
    common_dir: Path

    @classmethod
    def open(cls, start: Path) -> "Repository":
        """Find the repository around a directory. Raises ConfigError with the cause."""
        if not start.is_dir():
            raise ConfigError(f"'{start}' is not a directory", hint="give --repo a directory inside a git repository")
        return cls(*find_repository(start))

    @cached_property
    def git(self) -> Git:
        """git on this repository, made safe."""
        return Git(self.common_dir)

    @cached_property
    def _objects(self) -> Objects:
        return Objects(self.git)

    @cached_property
    def trees(self) -> Trees:
        """What the trees of commits hold."""
        return Trees(self._objects)

    @cached_property
    def writer(self) -> Writer:
        """Writes blobs and trees."""
        return Writer(self.git, self.trees)

    @cached_property
    def _history(self) -> History:
        return History(self.git, self._objects)

    def commit(self, revision: str) -> str:
        """Return the commit that a revision names, as the checkout sees it."""
        name = f"{revision}^{{commit}}"
        status, output = run_in(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
        if status != 0 and revision == "HEAD":
            raise ConfigError("the repository has no commit yet", hint="commit something: a job starts from HEAD")
        if status != 0:
            raise ConfigError(f"'{revision}' is not a commit of this repository", hint="give a branch, tag or commit")
        return output.decode().split()[-1]

    def tip(self, ref: str) -> str | None:
        """Return the commit that a ref points to, or None."""
        name = ref if is_hash(ref) else self._loose(ref)
        if name:
            found = self._objects.find(f"{name}^{{commit}}")
            return found.name if found else None
        status, output, _ = self.git.attempt("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        return output.decode().strip() if status == 0 else None

    def _loose(self, ref: str) -> str:
        """Return the hash that a ref has in a file of its own, or nothing where git has to be asked."""
        if not self.git.keeps_refs_in_files or not _FULL_REF.fullmatch(ref):
            return ""
        content = contents.read(self.common_dir / ref)
        is_file = content is not None and content.kind == stat.S_IFREG
        name = content.data.decode(errors="replace").rstrip() if content and is_file else ""
        return name if is_hash(name) else ""

    def has_uncommitted_work(self) -> bool:
        """Tell whether the user's checkout differs from its HEAD; nothing is refreshed or locked."""
        listing = ("status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=dirty")
        status, output = run_in(self.root, *listing, as_configured=True)
        ours = (b"?? .director/", b"?? dodo.py")
        return status == 0 and any(entry and entry not in ours for entry in output.split(b"\0"))

    def move(self, ref: str, new: str, *, old: str | None) -> None:
        """Point a ref at a commit if it still points at `old` (None: if it does not exist). Raises TipMoved."""
        status, _, complaint = self.git.attempt("update-ref", "--no-deref", ref, new, old or "0" * len(new))
        if status == 0:
            return
        if self.tip(ref) == old:
            raise GitError(["update-ref", ref, new], status=status, output=complaint.decode(errors="replace"))
        raise TipMoved(f"'{ref}' was moved by somebody else")

    def keep(self, ref: str, commit: str) -> None:
        """Point a ref of ours at a commit, whatever it pointed at."""
        is_plain = _FULL_REF.fullmatch(ref) and is_hash(commit)
        if not (is_plain and self.writer.point(ref, commit)):
            self.git("update-ref", "--no-deref", ref, commit)

    def drop(self, ref: str) -> None:
        """Delete a ref of ours that is needed no longer, unless it was packed: git would lock all packed refs for it.

        A lock that a killed git leaves there would hold up the user.
        """
        (self.common_dir / ref).unlink(missing_ok=True)

    def delete(self, ref: str) -> None:
        """Delete a ref of ours."""
        self.git("update-ref", "--no-deref", "-d", ref)

    def unlock(self, ref: str, prefix: str) -> None:
        """Delete the locks that a killed git left on a ref of ours and on those below a prefix of ours.

        Something else may hold one for a moment, such as `git pack-refs`: each is given a second to go.
        """
        locks = [self.common_dir / f"{ref}.lock", *(self.common_dir / prefix).rglob("*.lock")]
        until = time.monotonic() + _LOCK_SECONDS
        for lock in locks:
            while lock.exists() and time.monotonic() < until:
                time.sleep(0.05)
            lock.unlink(missing_ok=True)

    def refs(self, prefix: str) -> dict[str, str]:
        """Return the refs below a prefix and what they point to."""
        lines = self.git.text("for-each-ref", "--format=%(objectname) %(refname)", prefix).splitlines()
        return {name: target for target, name in (line.split(" ", 1) for line in lines)}

    def parent(self, commit: str) -> str:
        """Return the first parent of a commit."""
        return self._objects.peel(f"{commit}^1")

    def tree(self, commit: str) -> str:
        """Return the tree of a commit."""
        return self.trees.of(commit)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the last commit that two have in common, or None."""
        status, output, _ = self.git.attempt("merge-base", one, other)
        return output.decode().strip() if status == 0 else None

    def beside(self, tip: str, revision: str) -> list[str]:
        """Return the commits of a revision that are not on a tip and do not build on it, the last ones first."""
        further = self.git.text("rev-list", "--topo-order", f"{tip}..{revision}").split()
        built_on = set(self.git.text("rev-list", "--ancestry-path", f"{tip}..{revision}").split())
        return [commit for commit in further if commit not in built_on]

    def commit_tree(self, tree: str, *, parent: str, message: str, merged: str = "") -> str:
        """Write a commit, of which `merged` is the second parent; no ref moves."""
        return self.writer.write_commit(tree, parents=filter(None, (parent, merged)), message=message)

    def tree_with(self, commit: str, files: Mapping[str, tuple[str, bytes] | None]) -> str:
        """Return the tree of a commit in which files have another mode and content, or are gone, without a checkout.

        A path that is none of the repository is left out.
        """
        sound = {path: file for path, file in files.items() if path_problem(path) is None}
        entries = {path: Entry(file[0], self._write(file[1])) if file else None for path, file in sound.items()}
        return self.writer.write_tree(self.tree(commit), entries)

    def _write(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=content).decode().strip()

    def combine(self, ours: str, theirs: str, *, base: str) -> str:
        """Return the tree that combines two commits that build on a third. Raises MergeConflict with the places.

        Where one changed nothing that the other did, its changes are made in the other's tree; all else git merges.
        """
        tree, changed = self.tree(ours), list(self.trees.compare(self.tree(base), self.tree(theirs)))
        tracked = Tracked(self.trees, tree)
        if all(tracked.find(path) == old if old else not tracked.meets(path) for path, old, _ in changed):
            return self.writer.write_tree(tree, {path: new for path, _, new in changed})
        return self.merge_trees(ours, theirs)

    def merge_trees(self, ours: str, theirs: str) -> str:
        """Return the tree that combines two commits. Raises MergeConflict with the places."""
        status, output, complaint = self.git.attempt("merge-tree", "--write-tree", "-z", "--messages", ours, theirs)
        tree, *rest = output.decode(errors="surrogateescape").split("\0")
        if status == 0:
            return tree
        if status == 1 and tree:
            said = [part.strip() for part in rest if _CONFLICT.match(part)]
            raise MergeConflict("the change does not combine with the job branch", places=said)
        raise GitError(["merge-tree", ours, theirs], status=status, output=complaint.decode(errors="replace"))

    def blobs(self, commit: str, paths: Iterable[str]) -> dict[str, str | None]:
        """Return the blob of each path in a commit; None where there is no regular file."""
        return {path: entry.name if entry else None for path, entry in self._regular(commit, paths).items()}

    def read(self, commit: str, paths: Iterable[str]) -> dict[str, bytes | None]:
        """Return the whole contents of files in a commit; None where there is no regular file."""
        blobs = self.blobs(commit, paths)
        found = self._objects.read(filter(None, blobs.values()))
        return {path: found[blob] if blob else None for path, blob in blobs.items()}

    def excerpts(
        self, commit: str, paths: Iterable[str], *, limit: int, total: int, through_links: bool = False
    ) -> dict[str, Excerpt | None]:
        """Return the beginnings of files in a commit; None where there is no regular file.

        Of each at most `limit` bytes are read and of all of them `total`, whatever their size. A symbolic link is no
        regular file, unless `through_links`: then it is followed, inside the commit only.
        """
        entries = self._regular(commit, paths, through_links=through_links)
        sizes = self._objects.look_up(entry.name for entry in entries.values() if entry)
        excerpts: dict[str, Excerpt | None] = dict.fromkeys(entries)
        for path, entry in entries.items():
            if entry:
                found = sizes[entry.name]
                room = min(found.size, limit, total)
                total -= room
                excerpts[path] = Excerpt(self._head(found, room), found.size)
        return excerpts

    def _regular(self, commit: str, paths: Iterable[str], *, through_links: bool = False) -> dict[str, Entry | None]:
        """Return what stands at each path; None where there is no regular file."""
        tree = self.tree(commit)
        look = self.trees.follow if through_links else self.trees.find
        found = {path: look(tree, path) for path in paths}
        return {path: entry if entry and entry.is_regular else None for path, entry in found.items()}

    def _head(self, blob: Found, size: int) -> bytes:
        """Return the beginning of a blob; one that is longer is not read whole."""
        if size < blob.size:
            return self.git.head("cat-file", "blob", blob.name, limit=size) if size else b""
        return self._objects.content(blob.name)

    def files(self, commit: str) -> list[str]:
        """Return the path of every file in a commit."""
        return [path for path, _ in self.trees.files(self.tree(commit))]

    def diff(self, before: str, after: str, *, limit: int | None = None) -> str:
        """Return the patch between two trees or commits, as text: all of it, or its first bytes and that it goes on."""
        asked = ("diff-tree", "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv", before, after)
        patch = self.git(*asked) if limit is None else self.git.head(*asked, limit=limit)
        return patch.decode(errors="replace") + ("\n[the diff goes on]\n" if len(patch) == limit else "")

    def first_changed_line(self, before: str, after: str) -> int | None:
        """Return the first line that differs between two blobs, as the second has it; None where there are no lines."""
        if not (is_hash(before) and is_hash(after)):
            return None
        asked = ("diff", "-U0", "--no-color", "--no-ext-diff", "--no-textconv", before, after)
        hunk = _HUNK.search(self.git.head(*asked, limit=_HEADER_BYTES))
        return max(1, int(hunk[1])) if hunk else None

    def changes(self, before: str, after: str) -> list[Change]:
        """Return what differs between two trees or commits; a file that was renamed is one gone and one new."""
        compared = self.trees.compare(self.tree(before), self.tree(after))
        found = [Change(path, is_new=old is None, mode=new.mode if new else "000000") for path, old, new in compared]
        return sorted(found, key=lambda change: os.fsencode(change.path))

    def changed(self, before: str, after: str) -> list[str]:
        """Return the paths that differ between two trees or commits."""
        return [change.path for change in self.changes(before, after)]

    def touched(self, commits: Iterable[str]) -> set[str]:
        """Return the paths that commits changed."""
        return {path for commit in commits for path in self.changed(self.parent(commit), commit)}

    def last_change(self, base: str, tip: str, globs: Sequence[str]) -> str | None:
        """Return the last commit after `base` up to `tip` that changed a file that fits one of the globs."""
        listing = ("--glob-pathspecs", "rev-list", "--max-count=1", f"{base}..{tip}", "--", *globs)
        return self.git.text(*listing) or None

    def landed(self, base: str, tip: str) -> list[Landed]:
        """Return our commits after `base` up to `tip`, oldest first."""
        return self._history.landed(base, tip)

    def close(self) -> None:
        """End what was kept running; when it is needed again, it begins anew."""
        self._objects.close()
        self.writer.close()
