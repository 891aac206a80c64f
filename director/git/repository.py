"""Questions to a repository, and the few ways in which director changes it: objects, and refs by compare and swap."""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from director.core.errors import ConfigError, GitError, MergeConflict, TipMoved
from director.core.excerpts import Excerpt
from director.core.landed import Landed
from director.git.commands import Git, find_repository, run_in

_FIELD, _RECORD = "\x1f", "\x1e"
_CONFLICT = re.compile(r"CONFLICT \([^)]*\): ")
_LOCK_SECONDS = 1.0
_BLOB = re.compile(rb"([0-9a-f]{40,64}) blob (\d+)")
_ASTRAY = re.compile(rb"(?:symlink|dangling|loop|notdir) (\d+)")
_TRAILERS = ("Director-Task", "Director-Inputs", "Director-Work", "Director-Undoes")


@dataclass(frozen=True)
class Change:
    """A path that differs between two trees."""

    path: str
    is_new: bool
    is_regular: bool
    """Whether a regular file stands there now, or nothing."""


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
        status, output, _ = self.git.attempt("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        return output.decode().strip() if status == 0 else None

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
        return self.git.text("rev-parse", "--verify", f"{commit}^1")

    def tree(self, commit: str) -> str:
        """Return the tree of a commit."""
        return self.git.text("rev-parse", "--verify", f"{commit}^{{tree}}")

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
        parents = [argument for commit in (parent, merged) if commit for argument in ("-p", commit)]
        return self.git("commit-tree", tree, *parents, "-F", "-", stdin=message.encode()).decode().strip()

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
        return {path: entry[0] if entry else None for path, entry in self._entries(commit, sorted(set(paths))).items()}

    def read(self, commit: str, paths: Iterable[str]) -> dict[str, bytes | None]:
        """Return the whole contents of files in a commit; None where there is no regular file."""
        blobs = self.blobs(commit, names := list(dict.fromkeys(paths)))
        contents = self._contents(filter(None, blobs.values()))
        return {name: contents[blob] if (blob := blobs[name]) else None for name in names}

    def excerpts(
        self, commit: str, paths: Iterable[str], *, limit: int, total: int, through_links: bool = False
    ) -> dict[str, Excerpt | None]:
        """Return the beginnings of files in a commit; None where there is no regular file.

        Of each at most `limit` bytes are read and of all of them `total`, whatever their size. A symbolic link is no
        regular file, unless `through_links`: then it is followed, inside the commit only.
        """
        names = list(dict.fromkeys(paths))
        entries = self._followed(commit, names) if through_links else self._entries(commit, names, "--long")
        room = {}
        for path, entry in entries.items():
            room[path] = min(entry[1], limit, total) if entry else 0
            total -= room[path]
        contents = self._contents(entry[0] for path, entry in entries.items() if entry and room[path] == entry[1])
        return {
            path: Excerpt(contents.get(entry[0]) or self._head(entry[0], room[path]), entry[1]) if entry else None
            for path, entry in entries.items()
        }

    def _entries(self, commit: str, paths: Sequence[str], *options: str) -> dict[str, tuple[str, int] | None]:
        """Return the blob of each path and, with `--long`, its size; None where there is no regular file."""
        found: dict[str, tuple[str, int] | None] = dict.fromkeys(paths)
        if paths:
            listing = ("--literal-pathspecs", "ls-tree", "-z", "--full-tree", *options)
            output = self.git(*listing, commit, "--", *paths)
            for entry in filter(None, output.decode(errors="surrogateescape").split("\0")):
                description, _, path = entry.partition("\t")
                mode, _, blob, *size = description.split()
                if path in found and mode.startswith("100"):
                    found[path] = blob, int(*size)
        return found

    def _followed(self, commit: str, paths: Sequence[str]) -> dict[str, tuple[str, int] | None]:
        """Return the blob and size of each path, through links that stay in the commit; None for all else."""
        found: dict[str, tuple[str, int] | None] = dict.fromkeys(paths)
        asked = [path for path in paths if "\n" not in path]
        stdin = "".join(f"{commit}:{path}\n" for path in asked).encode(errors="surrogateescape")
        output = self.git("cat-file", "--batch-check", "--follow-symlinks", stdin=stdin) if asked else b""
        at = 0
        for path in asked:
            end = output.index(b"\n", at)
            answer, at = output[at:end], end + 1
            if seen := _BLOB.fullmatch(answer):
                found[path] = seen[1].decode(), int(seen[2])
            elif astray := _ASTRAY.fullmatch(answer):  # a link that leads nowhere: its name or target follows
                at += int(astray[1]) + 1
        return found

    def _contents(self, blobs: Iterable[str]) -> dict[str, bytes]:
        asked = list(dict.fromkeys(blobs))
        stdin = "".join(f"{blob}\n" for blob in asked).encode()
        output = self.git("cat-file", "--batch", stdin=stdin) if asked else b""
        contents, at = {}, 0
        for blob in asked:
            begin = output.index(b"\n", at) + 1
            at = begin + int(output[at:begin].split()[-1])
            contents[blob] = output[begin:at]
            at += 1
        return contents

    def _head(self, blob: str, limit: int) -> bytes:
        return self.git.head("cat-file", "blob", blob, limit=limit) if limit else b""

    def files(self, commit: str) -> list[str]:
        """Return the path of every file in a commit."""
        output = self.git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
        return [path for path in output.decode(errors="surrogateescape").split("\0") if path]

    def diff(self, before: str, after: str, *, limit: int | None = None) -> str:
        """Return the patch between two trees or commits, as text: all of it, or its first bytes and that it goes on."""
        asked = ("diff-tree", "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv", before, after)
        patch = self.git(*asked) if limit is None else self.git.head(*asked, limit=limit)
        return patch.decode(errors="replace") + ("\n[the diff goes on]\n" if len(patch) == limit else "")

    def changes(self, before: str, after: str) -> list[Change]:
        """Return what differs between two trees or commits; a file that was renamed is one gone and one new."""
        output = self.git("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", before, after)
        parts = [part for part in output.decode(errors="surrogateescape").split("\0") if part]
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return [_change(description, path) for description, path in pairs]

    def changed(self, before: str, after: str) -> list[str]:
        """Return the paths that differ between two trees or commits."""
        return [change.path for change in self.changes(before, after)]

    def last_change(self, base: str, tip: str, globs: Sequence[str]) -> str | None:
        """Return the last commit after `base` up to `tip` that changed a file that fits one of the globs."""
        listing = ("--glob-pathspecs", "rev-list", "--max-count=1", f"{base}..{tip}", "--", *globs)
        return self.git.text(*listing) or None

    def landed(self, base: str, tip: str) -> list[Landed]:
        """Return our commits after `base` up to `tip`, oldest first."""
        trailers = _FIELD.join(f"%(trailers:key={key},valueonly,separator=%x2C)" for key in _TRAILERS)
        output = self.git(
            "log", "--first-parent", "--reverse", f"--format=%H{_FIELD}{trailers}{_RECORD}", f"{base}..{tip}"
        )
        records = output.decode(errors="replace").split(_RECORD)
        fields = (record.strip("\n").split(_FIELD) for record in records if record.strip())
        return [_landed(*values) for values in fields if len(values) == 5 and values[1]]


def _landed(commit: str, task: str, inputs: str, work: str, undoes: str) -> Landed:
    return Landed(commit, task, inputs, work, tuple(undoes.split()))


def _change(description: str, path: str) -> Change:
    """Read an entry of git's raw diff: https://git-scm.com/docs/diff-format#_raw_output_format."""
    old, new, *_ = description.removeprefix(":").split(" ")
    return Change(path, is_new=old == "000000", is_regular=new in ("000000", "100644", "100755"))
