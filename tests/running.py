"""A director that runs while something else happens."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from director.cli.main import main
from tests.project import Project


@dataclass
class Running:
    """A director at work; what it says is kept."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, project: Project, *arguments: str, **variables: str) -> "Running":
        """Start director in the checkout, with further variables in its environment."""
        return cls(
            subprocess.Popen(
                [sys.executable, "-m", "director", *arguments],
                cwd=project.root,
                env=os.environ | variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )

    def says(self, text: str) -> None:
        """Wait for a line that holds a text."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            if text in line:
                return
        raise AssertionError("".join(self.lines))

    def ends(self) -> int:
        """Wait for its end and return the exit code."""
        output, _ = self.process.communicate(timeout=90)
        self.lines.append(output)
        return self.process.returncode

    @property
    def said(self) -> str:
        """All that was said so far."""
        return "".join(self.lines)


def plan_here(project: Project) -> None:
    """Plan without asking anybody for approval, within this process: Python takes its time to start."""
    assert main(["plan", "x", "--repo", str(project.root), "--auto", "--no-critique", "-q"]) == 0


def pause_at_spec(project: Project) -> None:
    """Plan until a person has to approve the specification, within this process."""
    assert main(["plan", "x", "--repo", str(project.root), "-q"]) == 4


def wait_until(claim: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < until
        time.sleep(0.02)
