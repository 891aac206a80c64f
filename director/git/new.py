"""Make a repository of a directory: for demonstrations."""

from pathlib import Path

from director.core.errors import GitError
from director.git.commands import identity_of, run_in


def make_repository(root: Path, *, message: str) -> None:
    """Commit everything in a directory to a new repository there."""
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        (*identity_of(root), "commit", "--quiet", f"--message={message}"),
    ):
        status, output = run_in(root, *arguments)
        if status != 0:
            raise GitError(arguments, status=status, output=output.decode(errors="replace"))
