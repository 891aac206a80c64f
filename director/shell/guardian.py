"""Ends what a killed director leaves behind.

A small process that waits for the end of its standard input. director holds the other end of the pipe, so the end
comes when director ends, however it ends; then every process that carries the run's mark is ended.
"""

import os
import subprocess
import sys

from director.shell.environment import MARK, without_secrets
from director.shell.processes import end_marked


class Guardian:
    """The guardian of one run; close it when the run is over."""

    def __init__(self, mark: str) -> None:
        environment = {name: value for name, value in without_secrets().items() if name != MARK}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "director.shell.guardian", mark],
            env=environment | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self) -> None:
        """Let the guardian go; what still carries the mark is ended."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def main() -> None:
    """Wait for the end of standard input, then end the marked processes."""
    sys.stdin.buffer.read()
    end_marked(sys.argv[1])


if __name__ == "__main__":
    main()
