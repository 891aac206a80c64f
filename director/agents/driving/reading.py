"""What the output of a program comes to: read line by line, while it is written or afterwards."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar

from director.agents.driving.endings import Ending
from director.agents.driving.lines import LINES
from director.core.calls import ToolEvent, Usage
from director.core.digests import digest_text

CIRCLES = 10
"""So many steps in a row that are all the same are going in circles."""


class Reading(ABC):
    """The state of one call by its program's own words; nothing in them is trusted to have the right shape.

    A subclass implements `read` and keeps the fields below up to date. It holds no more than it needs: the lines may
    be many and long.
    """

    most_lines: ClassVar[int] = LINES
    """A call that tells more is ended; larger for a program that tells single words."""

    def __init__(self, directory: PurePath) -> None:
        self.directory = directory
        """Where the agent works."""
        self.usage = Usage()
        """All tokens so far, of all steps."""
        self.cost_usd: float | None = None
        """What the program says that it cost so far; None where it does not say."""
        self.is_begun = False
        """Whether there was any event at all."""
        self.is_done = False
        """Whether the program has said that the agent came to its end by itself, and well."""
        self.failure: Ending | None = None
        """What went wrong, as the program says it; a later success takes it back."""
        self.retry: Ending | None = None
        """Why the program is asking its provider again by itself; None when it goes on."""
        self._uses = ""
        self._last: deque[str] = deque(maxlen=CIRCLES)

    @abstractmethod
    def read(self, line: bytes) -> None:
        """Take note of one whole line; what is no event is passed over."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The agent's answer: its last message, or the JSON object that was asked for."""

    @property
    @abstractmethod
    def events(self) -> Sequence[ToolEvent]:
        """The uses of tools, in the order in which they began; one that failed or was denied is OTHER."""

    @property
    def is_in_circles(self) -> bool:
        """Tell whether the last steps were all the same."""
        return len(self._last) == CIRCLES and len(set(self._last)) == 1

    def use_tool(self, signature: str) -> None:
        """Take note of the use of a tool, described with its arguments and its answer, for `is_in_circles`."""
        self._uses = digest_text(self._uses + signature)

    def finish_step(self) -> None:
        """Take note that a step of the model is over, for `is_in_circles`."""
        self._last.append(self._uses)
        self._uses = ""


def shown_path(path: str, directory: PurePath) -> str:
    """Return a path as seen from the directory where the agent works."""
    return str(PurePath(path).relative_to(directory)) if PurePath(path).is_relative_to(directory) else path
