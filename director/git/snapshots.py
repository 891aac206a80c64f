"""Trees of a commit with some files as they stand elsewhere, and nothing else of what stands there."""

import re
import shutil
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from director.git.repository import Repository
from director.git.tracked import Tracked, directories_of
from director.git.trees import Entry
from director.shell.scratch import scratch_directory

_ORDINARY = re.compile(r"(?:(?!\.)[ -.0-\[\]-}]+/)*(?!\.)[ -.0-\[\]-}]+")
"""A path that git stores on every system as it is written: what it refuses or takes otherwise begins with a dot."""
_ATTRIBUTES = ".gitattributes"


def snapshot(
    repository: Repository, commit: str, root: Path, paths: Sequence[str], *, standing: Set[str], index: Path
) -> str:
    """Write the tree of a commit with these paths as they are below `root`: those that stand, the others deleted.

    The files are copied to a place of their own: git applies the attributes of the commit, whatever .gitattributes say
    in the worktree, and takes no file for unchanged because of its size and time. `index` is one of the commit.
    """
    with scratch_directory() as scratch:
        if _are_stored_as_they_are(repository, commit, paths):
            return _write(repository, commit, root, paths, standing=standing, scratch=Path(scratch))
        return _add(repository, root, paths, standing=standing, index=index, scratch=Path(scratch))


def _are_stored_as_they_are(repository: Repository, commit: str, paths: Sequence[str]) -> bool:
    """Tell whether no attributes bear upon files of these paths."""
    tracked = Tracked(repository.trees, repository.tree(commit))
    above = ["", *(f"{directory}/" for directory in directories_of(paths))]
    has_attributes = any(tracked.has_file(f"{directory}.gitattributes") for directory in above)
    is_ordinary = all(_ORDINARY.fullmatch(path) for path in paths)
    return is_ordinary and not has_attributes and not (repository.common_dir / "info" / "attributes").exists()


def _write(
    repository: Repository, commit: str, root: Path, paths: Iterable[str], *, standing: Set[str], scratch: Path
) -> str:
    copies = {path: scratch / str(number) for number, path in enumerate(standing)}
    for path, place in copies.items():
        shutil.copy(root / path, place)
    blobs = repository.writer.write_blobs(copies.values())
    modes = (place.stat().st_mode for place in copies.values())
    written = dict(zip(copies, map(Entry.of_file, blobs, modes), strict=True))
    changes: dict[str, Entry | None] = {**dict.fromkeys(paths), **written}
    return repository.writer.write_tree(repository.tree(commit), changes)


def _add(
    repository: Repository, root: Path, paths: Iterable[str], *, standing: Iterable[str], index: Path, scratch: Path
) -> str:
    own_index, files = scratch / "index", scratch / "files"
    shutil.copyfile(index, own_index)
    files.mkdir()
    for path in standing:
        (files / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / path, files / path)
    names = "\0".join(paths).encode(errors="surrogateescape")
    update = ("update-index", "--add", "--remove", "--replace", "-z", "--stdin")
    repository.git(*update, stdin=names, index=own_index, worktree=files)
    return repository.git("write-tree", index=own_index, worktree=files).decode().strip()
