"""What of the user's own agents and tests must not change: the repository, and the files that programs start with."""

import os
import threading
from itertools import count
from pathlib import Path

from director.core.artifacts import JobIdentity
from director.git.guard.guard import Guard
from director.git.repository import Repository
from director.shell.intrusions import Intrusion
from director.shell.startup import StartupFiles

_OWN_REFS = ("refs/heads/director/", "refs/director/")


class Lookout:
    """The user's repository and start-up files, as they stood when it was made."""

    def __init__(self, repository: Repository, identity: JobIdentity, *, cache: Path) -> None:
        """`cache` is where the job's worktrees are; foreign versions are kept there."""
        keep = f"{identity.kept_refs}foreign/"
        self._guard = Guard(repository, own=_OWN_REFS, aside=cache / "guard", keep=keep)
        self._startup = StartupFiles(cache / "startup", slots=cache, environment=os.environ)
        self._lock, self._moments, self._begun = threading.Lock(), count(), -1

    def trace_environment(self) -> dict[str, str]:
        """Return the variables that every untrusted process has to be given, so that its git leaves traces."""
        return self._guard.trace_environment()

    def check(self) -> list[Intrusion]:
        """Put back what agents and tests changed since the last check; one that began meanwhile is enough."""
        asked = next(self._moments)
        with self._lock:
            return [] if self._begun > asked else self._look()

    def check_unless_checking(self) -> list[Intrusion]:
        """Check, or return nothing where somebody is at it, be it this very thread."""
        if not self._lock.acquire(blocking=False):
            return []
        try:
            return self._look()
        finally:
            self._lock.release()

    def _look(self) -> list[Intrusion]:
        self._begun = next(self._moments)
        return [*self._startup.check(), *self._guard.check()]
