"""Which call works where: what the shell needs that runs the commands of all agents of one server.

The server knows nothing of calls. So the shell looks its own directory up in this table, and gives the command the
call's mark and variables; where no call works, or works no longer, nothing is run.
"""

import os
import shlex
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from director.core.errors import AgentError


class Table:
    """The table, a file that the shell reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._calls: dict[str, Mapping[str, str]] = {}
        self._changing = threading.Lock()
        self._write()

    @contextmanager
    def entry(self, directory: Path, environment: Mapping[str, str]) -> Iterator[None]:
        """Let a call's commands run below a directory meanwhile. Raises AgentError if another call works there."""
        place = os.path.realpath(directory)
        with self._changing:
            if place in self._calls:
                raise AgentError(f"another call works in '{directory}'")
            self._calls[place] = environment
            self._write()
        try:
            yield
        finally:
            with self._changing:
                del self._calls[place]
                self._write()

    def _write(self) -> None:
        partial = self.path.with_name(f"{self.path.name}.partial")
        partial.write_text(render_table(self._calls), encoding="utf-8", errors="surrogateescape")
        partial.replace(self.path)


def render_table(calls: Mapping[str, Mapping[str, str]]) -> str:
    """Return the lines that the shell reads, from the variables of each call by the directory where it works."""
    cases = [f"{shlex.quote(f'{place}/')}*) {_exports(environment)} ;;" for place, environment in calls.items()]
    refusal = "echo \"director: no agent is at work in '$(pwd -P)'\" >&2; exit 126"
    return "\n".join(['case "$(pwd -P)/" in', *cases, f"*) {refusal} ;;", "esac", ""])


def _exports(environment: Mapping[str, str]) -> str:
    return " ".join(["export", *(f"{name}={shlex.quote(value)}" for name, value in environment.items())])
