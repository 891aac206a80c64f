"""A real browser, driven by its command line: what a page has become, and what the browser had to say of it."""

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--enable-logging=stderr",
)


@dataclass(frozen=True)
class Shown:
    """A page after the browser was done with it."""

    page: str
    said: tuple[str, ...]
    """Errors of scripts, and what the page's policy did not let through."""


def browse(page: Path, home: Path, *options: str) -> Shown:
    """Open a page in Chromium; the test is left out where there is none."""
    argv = [_program(), *_QUIET, f"--user-data-dir={home}", *options, "--dump-dom", page.as_uri()]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    said = (line.partition("CONSOLE")[2] for line in done.stderr.splitlines() if "CONSOLE" in line)
    return Shown(done.stdout, tuple(said))


@dataclass
class Tab:
    """A page that stays open: it is asked through the pipe of Chromium's own protocol for debuggers."""

    asking: IO[bytes]
    answering: IO[bytes]
    session: str = ""
    said: list[str] = field(default_factory=list)
    """What scripts raised and what the policy did not let through."""
    _number: int = 0

    def shows(self, expression: str) -> Any:
        """Return the value of a script's expression in the page; None while the page is only being loaded."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        if answer.get("error", {}).get("message") == "Cannot find default execution context":
            return None
        found = answer["result"]
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait_for(self, claim: str, *, seconds: float = 30) -> None:
        """Wait until an expression is true in the page."""
        until = time.monotonic() + seconds
        while not self.shows(claim):
            assert time.monotonic() < until, (claim, self.shows("document.body.innerText"), self.said)
            time.sleep(0.05)

    def command(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        answer = self.send(method, **values)
        assert "error" not in answer, answer
        return dict(answer["result"])

    def send(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a command and return its answer, be it an error."""
        self._number += 1
        to = {"sessionId": self.session} if self.session else {}
        self.asking.write(json.dumps({"id": self._number, "method": method, "params": values} | to).encode() + b"\0")
        while (message := self._next()).get("id") != self._number:
            self._note(message)
        return message

    def _next(self) -> dict[str, Any]:
        text = bytearray()
        while (character := self.answering.read(1)) != b"\0":
            assert character, "the browser has ended"
            text += character
        return dict(json.loads(text))

    def _note(self, message: dict[str, Any]) -> None:
        match message:
            case {"method": "Log.entryAdded", "params": {"entry": {"text": text}}}:
                self.said.append(str(text))
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.said.append(str(details))


@contextmanager
def open_tab(address: str, home: Path) -> Iterator[Tab]:
    """Open a page in Chromium and keep it open; the test is left out where there is none."""
    argv = [_program(), *_QUIET, "--remote-debugging-pipe", f"--user-data-dir={home}", "--window-size=1000,700"]
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (theirs_in, theirs_out)]

    def wire() -> None:
        os.dup2(ends[0], 3)
        os.dup2(ends[1], 4)

    process = subprocess.Popen(
        [*argv, address],
        preexec_fn=wire,
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in (theirs_in, theirs_out, *ends):
        os.close(end)
    with os.fdopen(ours_out, "wb", buffering=0) as asking, os.fdopen(ours_in, "rb") as answering:
        try:
            yield _attached(Tab(asking, answering), address)
        finally:
            process.kill()
            process.wait()


def _attached(tab: Tab, address: str) -> Tab:
    """Return the tab when its page is there, with what it has to complain of."""
    until, page = time.monotonic() + 60, None
    while page is None:
        assert time.monotonic() < until
        pages = tab.command("Target.getTargets")["targetInfos"]
        page = next((entry for entry in pages if entry["type"] == "page" and entry["url"] == address), None)
    tab.session = tab.command("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
    tab.command("Runtime.enable")
    tab.command("Log.enable")
    tab.wait_for(f"location.href === {json.dumps(address)} && document.readyState === 'complete'")
    return tab


def _program() -> str:
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("Chromium is NOT INSTALLED: no page was looked at in a browser")
    return program
