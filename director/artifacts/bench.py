"""Where the files of a bench are: a job directory for planning and one for each arm."""

from dataclasses import dataclass
from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_remade
from director.core.bench.arms import PLANNING, Arm, ArmIdentity


@dataclass(frozen=True)
class BenchDirectory:
    """`bench/` of a job directory. Says where things are; reads and writes nothing."""

    path: Path

    @classmethod
    def of(cls, directory: JobDirectory) -> "BenchDirectory":
        """Return the bench of a job directory."""
        return cls(directory.path / "bench")

    @property
    def planning(self) -> JobDirectory:
        """The job that plans."""
        return JobDirectory(self.path / PLANNING)

    @property
    def frozen(self) -> Path:
        return self.path / "frozen.json"

    @property
    def summary(self) -> Path:
        return self.path / "summary.json"

    @property
    def page(self) -> Path:
        """What was found, as a page."""
        return self.path / "report.html"

    @property
    def database(self) -> Path:
        return self.path / "doit.db"

    @property
    def archive(self) -> Path:
        return self.path / "archive"

    def job(self, arm: Arm) -> JobDirectory:
        """The job of an arm."""
        return JobDirectory(self.path / arm.profile / str(arm.trial))

    def judged(self, arm: Arm) -> Path:
        """How good its result is."""
        return self.job(arm).path / "quality.json"


def trial_of(directory: JobDirectory) -> int | None:
    """Return which trial a job is; None for one that is no arm of a bench."""
    identity = read_remade(directory.arm, ArmIdentity)
    return identity.trial if identity else None
