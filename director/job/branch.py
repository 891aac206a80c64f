"""The job's branch. While director works on a job, nobody else moves its branch."""

import threading
from collections.abc import Callable

from director.core.artifacts import JobIdentity
from director.core.errors import GitError, TipMoved
from director.core.landed import Landed, in_effect
from director.git.repository import Repository

_PUT_BACK = "the job's branch was moved while director worked: it was put back"


class JobBranch:
    """Where the job branch stands; as soon as it is held, a move that is not ours is put back and its commit is kept.

    It may come from an agent, which could smuggle anything in. Between two runs the branch is the user's to move.
    """

    def __init__(self, repository: Repository, identity: JobIdentity, *, note: Callable[..., None]) -> None:
        self._repository = repository
        self._identity = identity
        self._note = note
        self._lock = threading.RLock()
        self._is_held = False
        self._known: str | None = None
        self._read: tuple[str, list[Landed]] = (identity.base, [])
        self._further: set[str] = set()
        """Where we moved the branch to since its commits were read: each is further on the same line."""

    def hold(self) -> None:
        """From now on only we move it."""
        with self._lock:
            self._is_held, self._known = True, None

    def tip(self) -> str | None:
        """Return the commit that the branch points to, or None if there is no branch."""
        with self._lock:
            while True:
                found = self._repository.tip(self._identity.ref)
                if self._known is None or found == self._known:
                    break
                self._put_back(self._known, found)
            self._known = found if self._is_held else None
            return found

    def move(self, new: str, *, old: str | None) -> None:
        """Move the branch by compare and swap. Raises TipMoved."""
        with self._lock:
            try:
                self._repository.move(self._identity.ref, new, old=old)
            except GitError:  # only a lock that a killed git or an agent left can be in the way
                self._repository.unlock(self._identity.ref, self._identity.kept_refs)
                self._repository.move(self._identity.ref, new, old=old)
            self._known = new if self._is_held else None
            self._further = self._further | {new} if old in {self._read[0], *self._further} else set()

    def landed(self, tip: str) -> list[Landed]:
        """Return our commits up to a tip of the branch that still count, oldest first."""
        return in_effect(self.commits(tip))

    def commits(self, tip: str) -> list[Landed]:
        """Return all our commits up to a tip of the branch, oldest first; only what is new is read."""
        with self._lock:
            known, found = self._read
            if tip != known:
                since, before = (known, found) if tip in self._further else (self._identity.base, [])
                found = [*before, *self._repository.landed(since, tip)]
                self._read, self._further = (tip, found), set()
            return found

    def _put_back(self, known: str, found: str | None) -> None:
        try:
            if found is None:
                self._repository.drop(self._identity.ref)  # what stands there may be no ref at all
                self._repository.move(self._identity.ref, known, old=None)
                self._note(f"{_PUT_BACK}; it had been deleted")
                return
            kept = f"{self._identity.kept_refs}foreign/{found[:12]}"
            self._repository.keep(kept, found)
            self._repository.move(self._identity.ref, known, old=found)
        except TipMoved:
            return
        hint = f"if it was you: wait for the end of the run, then 'git update-ref {self._identity.ref} {kept}'"
        self._note(f"{_PUT_BACK}; what it was moved to is kept as {kept}", hint=hint)
