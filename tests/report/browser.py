"""A real browser, driven by its command line: what a page has become, and what the browser had to say of it."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

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
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("Chromium is NOT INSTALLED: no page was looked at in a browser")
    argv = [program, *_QUIET, f"--user-data-dir={home}", *options, "--dump-dom", page.as_uri()]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    said = (line.partition("CONSOLE")[2] for line in done.stderr.splitlines() if "CONSOLE" in line)
    return Shown(done.stdout, tuple(said))
