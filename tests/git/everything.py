"""Every call that director makes to git, one after the other, and what they answer."""

from pathlib import Path
from typing import Any

from director.core.errors import MergeConflict
from director.git.ignored import ignored_paths
from director.git.repository import Repository
from director.git.slots import Slot
from tests.git.checkout import tree_of

TRAILERS = "Director-Job: 1\nDirector-Task: run:ü\nDirector-Inputs: a\nDirector-Work: b\n"
REF = "refs/heads/director/job-1"


def call_everything(repository: Repository, directory: Path) -> dict[str, Any]:
    """Land a commit, prepare slots, change files; return the answers by the name of the call."""
    head = repository.commit("HEAD")
    slot = Slot(repository, directory / "slot")
    slot.prepare(head)
    (slot.tree / "top.txt").write_text("from a slot\r\n")
    (slot.tree / "new ü.txt").write_text("new\n")
    changes = slot.changes()
    tree = slot.snapshot(["top.txt", "new ü.txt"])
    commit = repository.commit_tree(tree, parent=head, message=f"Überschrift\n\n{TRAILERS}")
    repository.move(REF, commit, old=None)
    slot.prepare(commit)
    repository.keep("refs/director/kept", commit)
    repository.delete("refs/director/kept")
    return {
        "slot changes": changes,
        "commit": repository.tip(REF),
        "after": slot.changes(),
        "stands": (slot.tree / "top.txt").read_bytes(),
        "parent": repository.parent(commit),
        "tree": tree_of(repository, commit),
        "refs": repository.refs("refs/heads/director/"),
        "files": repository.files(commit),
        "blobs": repository.blobs(commit, ["top.txt"]),
        "read": repository.read(commit, ["top.txt", "new ü.txt"]),
        "excerpts": repository.excerpts(commit, ["top.txt", "new ü.txt"], limit=5, total=8),
        "diff": repository.diff(head, commit),
        "beginning of the diff": repository.diff(head, commit, limit=40),
        "changed": repository.changed(head, commit),
        "changes": repository.changes(head, commit),
        "landed": repository.landed(head, commit),
        "all landed": repository.landed(repository.git.text("rev-list", "--max-parents=0", head), commit),
        "combined": _combined(repository, tree, head, content="another line\nfrom a slot\r\n"),
        "conflict": _combined(repository, tree, head, content="from elsewhere\n"),
        "ignored": ignored_paths(repository, head, ["a.log", "b.txt", "c.pyc"], further=["*.pyc"]),
        "dirty": repository.has_uncommitted_work(),
    }


def _combined(repository: Repository, tree: str, head: str, *, content: str) -> str:
    """Combine two commits that both change `dir/file.txt`, or return what is said of the conflict."""
    blob = repository.git("hash-object", "-w", "--stdin", stdin=content.encode()).decode().strip()
    ours = repository.commit_tree(tree, parent=head, message="ours")
    listing = (
        repository.git("ls-tree", f"{head}")
        .decode()
        .replace(repository.blobs(head, ["top.txt"])["top.txt"] or "", blob)
    )
    theirs = repository.git("mktree", stdin=listing.encode()).decode().strip()
    try:
        return repository.merge_trees(ours, repository.commit_tree(theirs, parent=head, message="theirs"))
    except MergeConflict as conflict:
        return str(conflict).replace(ours, "OURS")
