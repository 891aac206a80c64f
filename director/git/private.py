"""The small repository of a worktree's own, in which an agent may do what it likes; we never read it."""

import os
import shutil
from pathlib import Path


def make_private_repository(tree: Path, commit: str, *, index: Path, borrowing: Path) -> None:
    """Give a worktree a `.git` that stands at a commit and borrows the objects of the repository `borrowing`."""
    dot_git = tree / ".git"
    for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (dot_git / name).mkdir(parents=True)
    (dot_git / "objects/info/alternates").write_bytes(os.fsencode(borrowing / "objects") + b"\n")
    (dot_git / "HEAD").write_text(f"{commit}\n")
    longer = len(commit) == 64
    format_version = (
        "repositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n[core]\n"
        if longer
        else ("repositoryformatversion = 0\n")
    )
    (dot_git / "config").write_text(f"[core]\n\t{format_version}\tbare = false\n[gc]\n\tauto = 0\n")
    shutil.copy2(index, dot_git / "index")  # its time tells git which files may have changed unseen
    if (borrowing / "shallow").is_file():
        shutil.copyfile(borrowing / "shallow", dot_git / "shallow")
