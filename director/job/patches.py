"""The patches that a run may use: those of the user's cache directory, and those that a remote shares."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import platformdirs

from director.artifacts.patches import PatchStore
from director.core.config.settings import Cache
from director.core.digests import digest_text
from director.core.errors import GitError
from director.core.patches import MAX_BYTES, Patch, read_patch, to_prune
from director.git.remote import Remote
from director.git.repository import Repository
from director.git.sharing import Shared

MEGABYTE = 1_000_000
_DAY_SECONDS = 86_400.0
_KEPT_BETWEEN = 100
"""So many patches are kept until it is looked again whether there is room for all."""


def patch_store() -> PatchStore:
    """Return where patches are kept: in the user's cache directory, for all jobs and repositories."""
    return PatchStore(Path(platformdirs.user_cache_path("director")) / "patches")


def prune(store: PatchStore, *, max_mb: int, days: float | None = None) -> int:
    """Drop what was not used for so many days and what there is no room for; return how many patches went."""
    since = 0.0 if days is None else time.time() - days * _DAY_SECONDS
    pruned = to_prune(store.kept(), max_bytes=max_mb * MEGABYTE, since=since)
    for key in pruned:
        store.drop(key)
    store.sweep()
    return len(pruned)


def place_of(repository: Repository) -> str:
    """Return the digest of where a repository is."""
    return digest_text(str(repository.common_dir))


@dataclass(frozen=True)
class Found:
    """A patch that is worth a try."""

    patch: Patch
    source: str
    """The remote that it comes from; empty for the user's own cache."""


class Patches:
    """Patches by their keys. What a remote has is asked once in a run, when a key is not known here.

    A remote that cannot be asked is told of once and left alone for the rest of the run. One that comes from there is
    kept here when it has landed, and not before.
    """

    def __init__(
        self,
        repository: Repository,
        options: Cache,
        *,
        mark: str,
        note: Callable[..., None],
        look: Callable[[], None],
    ) -> None:
        """`look` sees to it that git's settings are the user's own before a remote is asked by them."""
        self._options = options
        self._shared = Shared(Remote(repository, options.remote, mark))
        self._note = note
        self._look = look
        self._lock = threading.Lock()
        self._refused: set[str] = set()
        self._kept = 0
        self._is_reachable = bool(options.remote)

    @cached_property
    def store(self) -> PatchStore:
        """Those that are kept here."""
        return patch_store()

    def find(self, key: str) -> Found | None:
        """Return the patch of a key, unless it was refused in this run."""
        if key in self._refused:
            return None
        if data := self.store.read(key):
            if patch := read_patch(data, key):
                return Found(patch, "")
            self._drop(key)
        return self._fetched(key)

    def refuse(self, key: str) -> None:
        """Drop a patch that did not pass; it is not tried again in this run, wherever it came from."""
        self._refused.add(key)
        self._drop(key)

    def count_hit(self, patch: Patch) -> None:
        """Take down that a patch has landed."""
        if self.store.read(patch.key) is None:
            self.keep(patch)
        self.store.count_hit(patch.key)

    def keep(self, patch: Patch) -> None:
        """Keep a patch here, and prune what there is no room for. That it cannot be kept fails nobody."""
        if len(patch.model_dump_json(indent=2)) >= MAX_BYTES:
            return
        try:
            self.store.write(patch)
            if self._kept % _KEPT_BETWEEN == 0:
                prune(self.store, max_mb=self._options.max_mb)
            self._kept += 1
        except OSError as error:
            self._note(f"the cache cannot be written: {error}")

    def _drop(self, key: str) -> None:
        with suppress(OSError):  # what cannot be dropped is not tried again in this run
            self.store.drop(key)

    def _fetched(self, key: str) -> Found | None:
        with self._lock:  # one asks at a time: what the first is told serves the others
            try:
                commit = self._listed.get(key) if self._is_reachable else None
                data = self._shared.fetch(key, commit, limit=MAX_BYTES) if commit else None
            except GitError as error:
                self._is_reachable = False
                reason = error.output.strip().partition("\n")[0]
                self._note(f"the cache of '{self._options.remote}' cannot be asked: {reason}")
                return None
        if commit is None:
            return None
        if patch := read_patch(data or b"", key):
            return Found(patch, self._options.remote)
        self._refused.add(key)
        self._note(f"what '{self._options.remote}' has for {key[:12]} is no patch")
        return None

    @cached_property
    def _listed(self) -> dict[str, str]:
        self._look()
        return self._shared.keys()
