"""What the repository itself says to those who work on it: AGENTS.md and CLAUDE.md where they apply."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from director.job.job import Job
from director.prompts.render import show_files

_NAMES = ("AGENTS.md", "CLAUDE.md")


def guidance(job: Job, commit: str, paths: Iterable[str] = ()) -> str:
    """Return the guidance of the root and of the directories above the paths, each labelled by its path."""
    directories = {PurePosixPath(".")}
    for path in paths:
        directories.update(PurePosixPath(path).parents)
    names = [str(directory / name) for directory in sorted(directories) for name in _NAMES]
    found = job.repository.read(commit, names)
    return show_files({path: content for path, content in found.items() if content})
