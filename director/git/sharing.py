"""Files that are shared by a remote's refs: `refs/director/cache/KEY` points to a commit that holds one file.

git only carries them. What arrives is bytes from a stranger, and no ref of the user's repository ever points to it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from director.core.errors import GitError
from director.git.commands import Git, run_in
from director.git.remote import Remote
from director.shell.scratch import scratch_directory

PREFIX = "refs/director/cache/"
FILE = "patch.json"
_KEY = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Shared:
    """The files that a remote has, by their keys."""

    remote: Remote

    def keys(self) -> dict[str, str]:
        """Return the key of every file and the commit that holds it. Raises GitError if the remote cannot be asked."""
        found = {ref.removeprefix(PREFIX): commit for ref, commit in self.remote.refs(PREFIX).items()}
        return {key: commit for key, commit in found.items() if _KEY.fullmatch(key) and _COMMIT.fullmatch(commit)}

    def fetch(self, key: str, commit: str, *, limit: int) -> bytes | None:
        """Return the file of a key; None if the commit does not hold it or it is longer than the limit.

        Raises GitError if the remote cannot be asked.
        """
        self.remote.fetch(PREFIX + key)
        try:
            excerpt = self.remote.repository.excerpts(commit, [FILE], limit=limit, total=limit)[FILE]
        except GitError:
            return None
        return excerpt.head if excerpt and excerpt.size <= limit else None

    def push(self, files: Mapping[str, bytes], titles: Mapping[str, str], *, replace: bool) -> list[str]:
        """Give files to the remote and return the keys of those that it took; one that it has stays, unless `replace`.

        Raises GitError if it took none.
        """
        object_format = self.remote.repository.git.text("rev-parse", "--show-object-format")
        with scratch_directory() as scratch:
            root = Path(scratch)
            run_in(root, "init", "--quiet", "--bare", "--template=", f"--object-format={object_format}", ".")
            git = Git(root)
            commits = {PREFIX + key: _commit(git, data, titles[key]) for key, data in files.items()}
            pushed = self.remote.push(commits, objects=root / "objects", replace=replace)
        return [ref.removeprefix(PREFIX) for ref in pushed]


def _commit(git: Git, data: bytes, title: str) -> str:
    blob = git("hash-object", "-w", "--stdin", stdin=data).decode().strip()
    tree = git("mktree", stdin=f"100644 blob {blob}\t{FILE}\n".encode()).decode().strip()
    return git("commit-tree", tree, "-F", "-", stdin=title.encode(errors="replace")).decode().strip()
