"""Ends what a killed director leaves behind.

A small process that waits for the end of its standard input. director holds the other end of the pipe, so the end
comes when director ends, however it ends; then every process that carries the run's mark is ended.
"""

import os
import subprocess
import sys
from pathlib import Path

import psutil

import director
from director.shell import adoption
from director.shell.environment import MARK, without_secrets
from director.shell.processes import end_marked

_HOMES = tuple(str(Path(package).parents[1]) for package in (director.__file__, psutil.__file__))
"""Where the guardian's packages are: it starts in the user's repository, whose modules are never to be imported."""


class Guardian:
    """The guardian of one run; close it when the run is over."""

    def __init__(self, mark: str) -> None:
        environment = {name: value for name, value in without_secrets().items() if name != MARK}
        self._process = adoption.start(
            [sys.executable, "-P", "-m", "director.shell.guardian", mark],
            env=environment | {"PYTHONPATH": os.pathsep.join(_HOMES)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        """Let the guardian go; what still carries the mark is ended."""
        assert self._process.stdin
        self._process.stdin.close()
        adoption.collect(self._process)


def main() -> None:
    """Wait for the end of standard input, then end the marked processes."""
    sys.stdin.buffer.read()
    end_marked(sys.argv[1])


if __name__ == "__main__":
    main()
