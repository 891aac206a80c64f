"""A repository that is only looked at, again and again: what a commit holds is asked once, and nothing is moved."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from director.core.errors import TipMoved
from director.core.landed import Landed
from director.git.repository import Repository

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class ObservedRepository(Repository):
    """Asks git where refs point each time, and what cannot have changed once."""

    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def move(self, ref: str, new: str, *, old: str | None) -> None:
        """Move nothing. Raises TipMoved, as where somebody else was quicker."""
        raise TipMoved(f"'{ref}' is only looked at")

    def parent(self, commit: str) -> str:
        """Return the first parent of a commit."""
        return self._once(("parent", commit), lambda: super(ObservedRepository, self).parent(commit))

    def landed(self, base: str, tip: str) -> list[Landed]:
        """Return our commits after `base` up to `tip`, oldest first."""
        return self._once(("landed", base, tip), lambda: super(ObservedRepository, self).landed(base, tip))

    def diff(self, before: str, after: str, *, limit: int | None = None) -> str:
        """Return the patch between two commits, as text."""
        key = ("diff", before, after, limit)
        return self._once(key, lambda: super(ObservedRepository, self).diff(before, after, limit=limit))

    def _once(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        if question not in self._known:
            self._known[question] = ask()
        answer: Answer = self._known[question]
        return answer
