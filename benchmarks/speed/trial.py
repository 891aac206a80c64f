"""A repository and a home of its own in which one program does one job with stub agents."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed import stub
from benchmarks.speed.graphs import Work
from benchmarks.speed.processes import Broke, Cost, measure
from benchmarks.speed.subjects import Subject

AUTHOR = ("Ada", "ada@example.org")
_KEPT = ("PATH", "LANG", "LC_ALL")
_FILES_A_DIRECTORY = 100
_COUNTING = """\
#!/bin/sh
echo "$*" >> '{log}'
exec '{git}' "$@"
"""


@dataclass(frozen=True)
class Trial:
    """One job of one program."""

    root: Path
    subject: Subject
    works: Sequence[Work]

    @property
    def repository(self) -> Path:
        """The user's repository."""
        return self.root / "repository"

    @property
    def bin(self) -> Path:
        """Programs that are found first."""
        return self.root / "bin"

    @property
    def job(self) -> Path:
        """The directory of the job."""
        return self.repository / ".director"

    @property
    def environment(self) -> dict[str, str]:
        """What the programs see: a home of their own, and nothing of the machine's configuration."""
        home = self.root / "home"
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        places = {"HOME": home, "TMPDIR": self.root / "tmp", "XDG_CACHE_HOME": home / "cache"}
        return {
            **kept,
            **{name: str(place) for name, place in places.items()},
            "PATH": f"{self.bin}{os.pathsep}{kept['PATH']}",
            "GIT_CONFIG_NOSYSTEM": "1",
            "NO_COLOR": "1",
        }

    def plan(self, *, at_once: int = 8) -> Cost:
        """Plan, and write the tests."""
        return self.measure(self.subject.plan(at_once))

    def run(self, *, at_once: int = 8, memory: bool = False) -> Cost:
        """Build everything. Raises Broke if the result is not on the job's branch."""
        cost = self.measure(self.subject.run(at_once), memory=memory)
        missing = {work.file for work in self.works} - self.landed()
        if missing:
            raise Broke(f"{self.subject.name} did not land {sorted(missing)[:3]}\n{cost.said[-2000:]}")
        return cost

    def measure(self, argv: Sequence[str], *, memory: bool = False) -> Cost:
        """Run a command in the repository to its end."""
        said = self.root / "said"
        return measure(argv, directory=self.repository, environment=self.environment, said=said, memory=memory)

    def count_git(self) -> Path:
        """From now on have every call of git written down, a line each; return where."""
        log, wrapper = self.root / "git.log", self.bin / "git"
        wrapper.write_text(_COUNTING.format(log=log, git=shutil.which("git")))
        wrapper.chmod(0o755)
        return log

    def landed(self) -> set[str]:
        """Return the files on the job's branch."""
        tips = self.git("for-each-ref", "--format=%(objectname)", "refs/heads/director/job-*").split()
        return set(self.git("ls-tree", "-r", "--name-only", tips[0]).split("\n")) if tips else set()

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run git in the repository."""
        argv, environment = ["git", *arguments], self.environment
        done = subprocess.run(argv, cwd=self.repository, env=environment, input=stdin, check=True, capture_output=True)
        return done.stdout.decode().strip()


@contextmanager
def trial(subject: Subject, works: Sequence[Work], *, files: int = 0) -> Iterator[Trial]:
    """Make a repository with a configuration, and with some files if that matters; it is gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="speed-"))
    made = Trial(root, subject, works)
    try:
        for place in (made.repository, made.bin, root / "home", root / "tmp", made.job):
            place.mkdir(exist_ok=True)
        stub.install(made.bin / "opencode", works)
        (made.job / "config.toml").write_text(subject.configuration(made.bin / "opencode"))
        _commit(made, files)
        yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _commit(made: Trial, files: int) -> None:
    for directory in {work.directory for work in made.works}:
        (made.repository / directory).mkdir()
        (made.repository / directory / "README.md").write_text("Text files.\n")
    for number in range(files):
        place = made.repository / "library" / str(number // _FILES_A_DIRECTORY) / f"{number}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{number}\n" * 20)
    made.git("init", "-q", "-b", "main")
    made.git("config", "user.name", AUTHOR[0])
    made.git("config", "user.email", AUTHOR[1])
    made.git("add", "--all")
    made.git("commit", "-qm", "first")
