"""The worktrees of a job: lent to one at a time, made on demand, and used again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from director.git.provisions import Provisions
from director.git.removal import remove_tree
from director.git.repository import Repository
from director.git.slots import Provider, Slot


class Pool:
    """The slots of one job; a slot is used by one at a time and made on demand."""

    def __init__(self, repository: Repository, directory: Path, *, provider: Provider | None = None) -> None:
        """To be called while no agent works: what is remembered of the slots is believed now, and never again."""
        self._repository = repository
        self.directory = directory
        self._provider = provider
        if provider is None:
            remove_tree(directory / "provided")
        self._provisions = Provisions(directory / "provided") if provider else None
        self._lock = threading.Lock()
        self._free: dict[str, list[Slot]] = {}
        self._made: dict[str, int] = {}
        self._slots: dict[str, Slot] = {}
        self._withheld: set[str] = set()

    @contextmanager
    def slot(self, kind: str, commit: str) -> Iterator[Slot]:
        """Lend a slot that is equal to a commit. Agents and gates use slots of different kinds."""
        slot = self._take(kind, commit)
        try:
            slot.prepare(commit)
            yield slot
        finally:
            with self._lock:
                if slot.name not in self._withheld:
                    self._free[kind].append(slot)

    def named(self, name: str, commit: str) -> Slot:
        """Return a slot by its name, whoever uses it; `commit` is what it was prepared for, maybe by a killed run."""
        with self._lock:
            return self._slot(name, commit)

    def withhold(self, name: str) -> None:
        """Do not lend a slot again when it comes back: the next run wants its files as they are."""
        with self._lock:
            self._withheld.add(name)

    def _take(self, kind: str, commit: str) -> Slot:
        """Return a free slot, rather one that stands at the commit already."""
        with self._lock:
            free = self._free.setdefault(kind, [])
            if free:
                return free.pop(next((at for at, slot in enumerate(free) if slot.commit == commit), -1))
            self._made[kind] = self._made.get(kind, 0) + 1
            name = f"{kind}-{self._made[kind]}"
            return self._slot(name)

    def _slot(self, name: str, commit: str = "") -> Slot:
        if name not in self._slots:
            self._slots[name] = Slot(
                self._repository,
                self.directory / name,
                commit=commit,
                provider=self._provider,
                provisions=self._provisions,
            )
        return self._slots[name]

    def close(self) -> None:
        """Remember for the next run what the slots hold; to be called when no agent works any more."""
        if self._provisions:
            self._provisions.close()
