"""What an agent is shown of the repository: files, and what it says itself to those who work on it."""

from collections.abc import Iterable

from director.core.excerpts import Excerpt
from director.core.guidance import GUIDANCE_BYTES, Guide, arrange, guide_paths, includes_of, including_paths
from director.core.includes import MAX_DEPTH
from director.job.job import Job
from director.prompts.render import ALL_FILES_BYTES, WHOLE_FILE_BYTES, show_file, show_files, show_name

_MOST_INCLUDED = 100
"""Files that all the includes together may name."""


def shown_files(job: Job, commit: str, paths: Iterable[str]) -> str:
    """Return files of a commit, each labelled by its path, of whatever size and kind they are."""
    return show_files(job.repository.excerpts(commit, paths, limit=WHOLE_FILE_BYTES, total=ALL_FILES_BYTES))


def guidance(job: Job, commit: str, paths: Iterable[str] = ()) -> str:
    """Return AGENTS.md and CLAUDE.md of the root and of the directories above the paths, labelled by their paths.

    What a CLAUDE.md includes stands after it. Everything is read from the commit, through links that stay in it.
    """
    return "\n".join(_shown(guide) for guide in find_guides(job, commit, paths))


def find_guides(job: Job, commit: str, paths: Iterable[str]) -> list[Guide]:
    """Return the guidance for the work on some files of a commit, as it is shown."""
    names = guide_paths(paths)
    found = _read(job, commit, names)
    includes: dict[str, list[str]] = {}
    level = including_paths(names)
    for _ in range(MAX_DEPTH):
        includes |= {path: includes_of(path, found) for path in level}
        room = max(_MOST_INCLUDED - len(includes), 0)
        level = [path for path in _named(includes, level) if path not in includes][:room]
        found |= _read(job, commit, [path for path in level if path not in found])
    return arrange(names, includes, found)


def _named(includes: dict[str, list[str]], level: list[str]) -> list[str]:
    return list(dict.fromkeys(included for path in level for included in includes[path]))


def _read(job: Job, commit: str, paths: Iterable[str]) -> dict[str, Excerpt | None]:
    return job.repository.excerpts(commit, paths, limit=GUIDANCE_BYTES, total=ALL_FILES_BYTES, through_links=True)


def _shown(guide: Guide) -> str:
    remark = f" (included by `{show_name(guide.included_by)}`)" if guide.included_by else ""
    return show_file(guide.path, guide.excerpt, limit=guide.room, remark=remark)
