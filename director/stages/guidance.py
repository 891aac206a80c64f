"""What an agent is shown of the repository: files, and what it says itself to those who work on it."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from director.core.excerpts import Excerpt
from director.job.job import Job
from director.prompts.render import ALL_FILES_BYTES, WHOLE_FILE_BYTES, show_files

_NAMES = ("AGENTS.md", "CLAUDE.md")


def shown_files(job: Job, commit: str, paths: Iterable[str]) -> str:
    """Return files of a commit, each labelled by its path, of whatever size and kind they are."""
    return show_files(_excerpts(job, commit, paths))


def guidance(job: Job, commit: str, paths: Iterable[str] = ()) -> str:
    """Return AGENTS.md and CLAUDE.md of the root and of the directories above the paths, labelled by their paths."""
    directories = {PurePosixPath(".")}
    for path in paths:
        directories.update(PurePosixPath(path).parents)
    names = [str(directory / name) for directory in sorted(directories) for name in _NAMES]
    found = _excerpts(job, commit, names)
    return show_files({path: excerpt for path, excerpt in found.items() if excerpt and excerpt.size})


def _excerpts(job: Job, commit: str, paths: Iterable[str]) -> dict[str, Excerpt | None]:
    return job.repository.excerpts(commit, paths, limit=WHOLE_FILE_BYTES, total=ALL_FILES_BYTES)
