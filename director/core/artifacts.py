"""What the files of a job hold. Times and costs are records, never part of these."""

from typing import Literal

from pydantic import Field

from director.core.model import Model


class JobIdentity(Model):
    """job.json: what the job is, from its first moment on; its fields name refs and directories."""

    version: Literal[1] = 1
    id: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    base: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    """The commit that the job starts from."""
    branch: str = Field(pattern=r"^director/job-[A-Za-z0-9-]+$")
    """The branch that the job builds; it exists only as a ref."""

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
