"""Programs that outlive a call: started once, looked after while others use them, and ended with all that they left."""

import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from director.shell import adoption, processes
from director.shell.adoption import Call, Guest
from director.shell.environment import MARK


class Service:
    """A program that is not trusted and runs until `end`; the guardian ends it where director is killed.

    What it runs on behalf of one of several guests ends with that guest, if the program gives the guest's mark to it.
    What has lost its mark before it was seen where it came from ends with the last guest, or at last with the program.
    """

    def __init__(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], output: Path, mark: str) -> None:
        """Start it; what it writes goes to a file. Raises OSError if it cannot start."""
        own_mark = f"{mark}/{uuid4().hex}"
        self.output = output
        with output.open("wb") as out:
            self._call = Call(
                argv,
                own_mark,
                is_lasting=True,
                cwd=cwd,
                env={**env, MARK: own_mark},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        self._ended = threading.Event()
        self._ending = threading.Lock()
        self._is_closed = False
        threading.Thread(target=self._attend, daemon=True).start()

    @property
    def is_running(self) -> bool:
        """Tell whether the program itself runs."""
        return not self._ended.is_set()

    def ended_within(self, seconds: float) -> bool:
        """Wait for a while for it to end by itself; tell whether it did."""
        return self._ended.wait(seconds)

    @property
    def exit_code(self) -> int | None:
        """Return its exit status, negative for the signal that ended it; None while it runs."""
        return self._call.process.returncode

    def look(self) -> None:
        """Take note of what it has started; to be called now and then while it is used. A flood of output ends it."""
        adoption.look()
        if self.is_running and self.output.stat().st_size > processes.MAX_OUTPUT_BYTES:
            self.end()

    @contextmanager
    def guest(self, mark: str) -> Iterator[None]:
        """End, when all is done, whatever the program runs with this mark and what came of it."""
        guest = Guest(self._call, mark)
        try:
            yield
        finally:
            processes.end_found(guest.left)
            guest.close()

    def end(self) -> None:
        """End the program and everything that is left of it; it may have ended already."""
        with self._ending:
            if not self._is_closed:
                processes.end_found(self._call.left)
                self._ended.wait(processes.GRACE_SECONDS)
                self._call.close()
                self._is_closed = True

    def _attend(self) -> None:
        adoption.collect(self._call.process)
        self._ended.set()
