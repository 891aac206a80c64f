"""Save what an agent left in its worktree: the files that it may change, and the names of all others."""

from collections.abc import Sequence

from director.core.artifacts import Scope
from director.core.byproducts import BYPRODUCTS
from director.core.words import listed, quoted
from director.git.ignored import ignored_paths
from director.git.slots import Slot
from director.job.job import Job

_NAMED = 20


def capture(job: Job, slot: Slot, scope: Scope) -> tuple[str, list[str]]:
    """Return a commit of the base plus the allowed files, kept by a ref, and one note for everything that is wrong.

    Where something irregular stands in the place of an allowed file, that file is taken as it was at the base.
    """
    given = slot.given(scope.allowed)
    irregular = slot.irregular(path for path in scope.allowed if path not in given)
    taken = [path for path in scope.allowed if path not in irregular and path not in given]
    tree = slot.snapshot(taken)
    commit = job.repository.commit_tree(tree, parent=scope.base, message=scope.message)
    job.repository.keep(scope.ref, commit)
    notes = []
    if irregular:
        notes.append(f"no regular files (links and directories cannot land): {_named(irregular)}")
    if altered := slot.altered(given):
        notes.append(f"every worktree is given these, so they cannot land: {_named(altered)}")
    if outside := _outside(job, slot, scope):
        notes.append(f"changed outside what you may change: {_named(outside)}")
    return commit, notes


def changed_files(job: Job, slot: Slot, scope: Scope) -> list[str]:
    """Return every file that an agent changed: allowed ones, and others that no ignore rule covers.

    What the slot was given is not among them: it is a copy of a file that the user keeps out of the repository.
    """
    changes = slot.changes()
    whole = tuple(path for path in changes if path.endswith("/"))
    own = [path for path in scope.allowed if path in changes or (path.startswith(whole) and slot.has(path))]
    return sorted({*own, *_outside(job, slot, scope)} - slot.given(own))


def _outside(job: Job, slot: Slot, scope: Scope) -> list[str]:
    allowed = set(scope.allowed)
    changes = [path for path in slot.changes() if path not in allowed]
    files = [file for path in _without_ignored(job, scope, changes) for file in slot.expand(path)]
    given = slot.given(files)
    return _without_ignored(job, scope, [file for file in files if file not in allowed and file not in given])


def _without_ignored(job: Job, scope: Scope, paths: Sequence[str]) -> list[str]:
    further = (*BYPRODUCTS, *job.config.repository.byproducts)
    ignored = ignored_paths(job.repository, scope.base, paths, further=further)
    return [path for path in paths if path not in ignored]


def _named(paths: Sequence[str]) -> str:
    return listed([quoted(path) for path in paths], limit=_NAMED)
