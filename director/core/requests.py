"""Scope requests: how an executor says that its work needs a file that it may not change."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

from director.core.model import Model
from director.core.plan.paths import folded, path_problem
from director.core.words import quoted

MAX_REQUESTS = 20
"""More lines than these are no request: that is another plan."""
REASON_CHARACTERS = 300
"""As much of a reason is kept."""

_LINE = re.compile(r"NEEDS FILE: (?P<path>\S(?:.*?\S)?) [-–—] (?P<reason>\S.*)")


class FileRequest(Model):
    """A file that an executor asks for, and why."""

    path: str
    """From the repository's root."""
    reason: str

    def __str__(self) -> str:
        return f"{quoted(self.path)}: {self.reason}"


def read_requests(reply: str, *, files: Iterable[str], tests: Iterable[str]) -> tuple[FileRequest, ...]:
    """Return the files that the last lines of a reply ask for, each once.

    Only the lines at its very end count: elsewhere an agent may tell of the form. What is malformed, no path that a
    plan may name, or among the node's own `files` and locked `tests`, is no request.
    """
    known = {folded(path) for path in (*files, *tests)}
    found: dict[str, FileRequest] = {}
    for request in _requests(_last_lines(reply)):
        if folded(request.path) not in known:
            found.setdefault(folded(request.path), request)
    return tuple(found.values())


def unanswered(requests: Sequence[FileRequest], *, files: Iterable[str]) -> tuple[FileRequest, ...]:
    """Return the requests for files that are not in an allowlist."""
    allowed = set(files)
    return tuple(request for request in requests if request.path not in allowed)


def allow_command(node: str, requests: Iterable[FileRequest]) -> str:
    """Return the command that grants requests; the words of an agent in it are quoted for a shell."""
    return shlex.join(["director", "allow", node, *(request.path for request in requests)])


def _last_lines(reply: str) -> list[str]:
    """Return the lines of the form at the end of a reply, in their order; none if there are too many."""
    lines = [line.strip() for line in reply.rstrip().splitlines()[-2 * MAX_REQUESTS - 2 :] if line.strip()]
    ours: list[str] = []
    while lines and _LINE.fullmatch(lines[-1]):
        ours.insert(0, lines.pop())
    return ours if len(ours) <= MAX_REQUESTS else []


def _requests(lines: Iterable[str]) -> Iterator[FileRequest]:
    for line in lines:
        found = _LINE.fullmatch(line)
        if found and line.isprintable() and not path_problem(found["path"]):
            yield FileRequest(path=found["path"], reason=found["reason"][:REASON_CHARACTERS])
