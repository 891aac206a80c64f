"""What the files of a job hold. Times and costs are records, never part of these."""

from typing import Literal

from director.core.model import Model


class JobIdentity(Model):
    """job.json: what the job is, from its first moment on."""

    version: Literal[1] = 1
    id: str
    base: str
    """The commit that the job starts from."""

    @property
    def branch(self) -> str:
        """The branch that the job builds; it exists only as a ref."""
        return f"director/job-{self.id}"

    @property
    def ref(self) -> str:
        """The full name of the branch."""
        return f"refs/heads/{self.branch}"


class Approval(Model):
    """approved/spec.json and approved/plan.json: an approval of content."""

    version: Literal[1] = 1
    sha256: str
    """Digest of the file as it was approved."""
    by: Literal["human", "critique", "auto"]


class TestLock(Model):
    """tests/ID.json: the acceptance tests of a node as they stand in a commit."""

    __test__ = False

    version: Literal[1] = 1
    node: str
    test_cmd: str
    files: dict[str, str]
    """Path to git blob."""


class Merged(Model):
    """merged/ID.json: what a landed node gives to those that depend on it."""

    version: Literal[1] = 1
    node: str
    commit: str
    """The commit on the job branch that brought these contents."""
    files: dict[str, str | None]
    """Path to git blob; None where the file does not exist."""


class GateOutcome(Model):
    """A repository-wide gate in a clean checkout."""

    command: str
    exit_code: int


class GatesRun(Model):
    """integration.json and baseline.json: every gate at one commit."""

    version: Literal[1] = 1
    commit: str
    gates: dict[str, GateOutcome]
