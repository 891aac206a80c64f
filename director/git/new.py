"""Make a repository: of a directory, for demonstrations, or of a commit, to try something that leaves no trace."""

import os
import shutil
from pathlib import Path

from director.core.errors import GitError
from director.git.commands import identity_of, run_in
from director.git.repository import Repository


def make_repository(root: Path, *, message: str) -> None:
    """Commit everything in a directory to a new repository there."""
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        (*identity_of(root), "commit", "--quiet", f"--message={message}"),
    ):
        _run(root, *arguments)


def borrow_repository(source: Repository, root: Path, *, commit: str) -> Repository:
    """Make a repository that stands at a commit of another one, whose objects it reads; nothing is checked out."""
    object_format = source.git.text("rev-parse", "--show-object-format")
    _run(root, "init", "--quiet", "--initial-branch=main", f"--object-format={object_format}")
    borrowed = Repository.open(root)
    objects = borrowed.common_dir / "objects" / "info"
    objects.mkdir(parents=True, exist_ok=True)
    (objects / "alternates").write_bytes(os.fsencode(source.common_dir / "objects") + b"\n")
    if (source.common_dir / "shallow").is_file():
        shutil.copyfile(source.common_dir / "shallow", borrowed.common_dir / "shallow")
    borrowed.move("refs/heads/main", commit, old=None)
    return borrowed


def _run(root: Path, *arguments: str) -> None:
    status, output = run_in(root, *arguments)
    if status != 0:
        raise GitError(arguments, status=status, output=output.decode(errors="replace"))
