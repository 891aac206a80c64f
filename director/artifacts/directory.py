"""Where the files of a job are."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


class _Named(dict[str, Path]):
    """The files of a directory by the nodes that they are named after: a large job asks for each again and again."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def __missing__(self, node: str) -> Path:
        self[node] = path = self._directory / f"{node}.json"
        return path


@dataclass(frozen=True)
class JobDirectory:
    """The directory of a job, `.director/` by default. Says where things are; reads and writes nothing."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def identity(self) -> Path:
        return self.path / "job.json"

    @property
    def arm(self) -> Path:
        """What the job was begun for, if it is an arm of a bench."""
        return self.path / "arm.json"

    @property
    def task(self) -> Path:
        return self.path / "task.md"

    @property
    def source(self) -> Path:
        """Where the specification comes from, if a person gave it."""
        return self.path / "source.json"

    @property
    def recon(self) -> Path:
        return self.path / "recon.md"

    @property
    def spec(self) -> Path:
        return self.path / "spec.md"

    @property
    def plan(self) -> Path:
        return self.path / "plan.json"

    @cached_property
    def nodes(self) -> Path:
        return self.path / "nodes"

    @cached_property
    def _slices(self) -> _Named:
        return _Named(self.nodes)

    @cached_property
    def _locks(self) -> _Named:
        return _Named(self.path / "tests")

    @cached_property
    def _markers(self) -> _Named:
        return _Named(self.path / "merged")

    def node(self, node: str) -> Path:
        """The node's own slice of the plan."""
        return self._slices[node]

    def lock(self, node: str) -> Path:
        """The lock of the node's tests."""
        return self._locks[node]

    def approved(self, name: str) -> Path:
        """The approval of `spec` or `plan`."""
        return self.path / "approved" / f"{name}.json"

    def merged(self, node: str) -> Path:
        """The marker of a landed node."""
        return self._markers[node]

    @property
    def baseline(self) -> Path:
        return self.path / "baseline.json"

    @property
    def integration(self) -> Path:
        return self.path / "integration.json"

    @property
    def costs(self) -> Path:
        return self.path / "costs.jsonl"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def spans(self) -> Path:
        return self.path / "spans.jsonl"

    @property
    def report(self) -> Path:
        """The page that shows the job."""
        return self.path / "report.html"

    @property
    def database(self) -> Path:
        return self.path / "doit.db"

    @property
    def built(self) -> Path:
        """What tasks were built from, as it was."""
        return self.path / "built"

    @property
    def calls(self) -> Path:
        """The calls in flight, one file each."""
        return self.path / "calls"

    @property
    def reserve(self) -> Path:
        """Room on the disk, given up for a reply that would find none."""
        return self.path / "reserve"

    @property
    def holder(self) -> Path:
        """Who holds the job; the lock itself lies beside it."""
        return self.path / "holder.json"

    def artifacts(self) -> list[Path]:
        """Everything here that belongs to the job; what is not named is the user's own."""
        names = (
            "nodes",
            "tests",
            "approved",
            "merged",
            "kept",
            "generated",
            "logs",
            "calls",
            "spec.revised.md",
            "spec.given.md",
            "plan.revised.json",
        )
        files = (
            self.identity,
            self.task,
            self.source,
            self.recon,
            self.spec,
            self.plan,
            self.baseline,
            self.integration,
        )
        records = (self.costs, self.metrics, self.spans, self.report, self.database, self.built)
        return [*files, *records, *(self.path / name for name in names)]

    @property
    def archive(self) -> Path:
        return self.path / "archive"

    @property
    def backends(self) -> Path:
        """Private configuration and data of agent programs."""
        return self.path / "backends"

    @property
    def overrides(self) -> Path:
        """The user's own role definitions and prompts."""
        return self.path / "templates"

    def generated(self, document: Path) -> Path:
        """What director itself last wrote as this document: the user's edits are the difference."""
        return self.path / "generated" / document.name

    def made_from(self, document: Path, of: Path) -> Path:
        """A document or the task, `of`, as it was when director made this document from it."""
        return self.path / "generated" / document.stem / of.name

    def kept(self, node: str) -> Path:
        """A person's word that what a node that left the plan left behind is wanted."""
        return self.path / "kept" / f"{node}.json"

    def reuse(self, node: str) -> Path:
        """Where the patch came from that brought the node onto the branch, if no agent did."""
        return self.logs(f"run:{node}") / "cache" / "reuse.json"

    def logs(self, task: str) -> Path:
        """The attempts of a doit task, one numbered directory each."""
        return self.path.joinpath("logs", *task.split(":"))
