"""What the files of a job hold. Times and costs are records, never part of these."""

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from director.core.calls import CallKey
from director.core.model import Model
from director.core.specs import SpecKind
from director.core.tiers import Tier
from director.core.words import quoted


def _below(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or path.parts[:1] != ("logs",):
        raise ValueError(f"{quoted(text)} is no directory of an attempt")
    return text


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

    @property
    def kept_refs(self) -> str:
        """The prefix of the refs that keep what is not on the branch."""
        return f"refs/director/{self.id}/"

    def kept_ref(self, task: str, attempt: str) -> str:
        """The ref that keeps what an attempt of `tests:ID` or `run:ID` left, until it has landed."""
        kind, _, node = task.partition(":")
        return f"{self.kept_refs}{node}/{attempt if kind == 'run' else f'{kind}-{attempt}'}"


class Scope(Model):
    """What is taken of an agent's worktree, and how it is kept."""

    slot: str = Field(pattern=r"^[a-z]+-[0-9]+$")
    """The name of the worktree."""
    base: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    """The commit that the worktree was made from; its ignore rules count."""
    allowed: tuple[str, ...]
    """The only files that the agent may change."""
    message: str
    """Of the commit that is made of them."""
    ref: str = Field(pattern=r"^refs/director/[A-Za-z0-9._/-]+$")
    """Keeps the commit."""


class Asked(Model):
    """calls/ID.json: a call in flight; it is there until what came of it is on disk."""

    version: Literal[1] = 1
    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    request: str
    """Digest of the request."""
    key: CallKey
    tier: Tier
    log: Annotated[str, AfterValidator(_below)]
    """The attempt's directory, from the job's."""
    directory: str
    """Where the agent works."""
    scope: Scope | None = None
    """None for a role that writes no files."""
    prompt: str = ""
    """Digest of the prompt without what differs from run to run."""


class Approval(Model):
    """approved/spec.json and approved/plan.json: an approval of content."""

    version: Literal[1] = 1
    sha256: str
    """Digest of the file as it was approved."""
    by: Literal["human", "critique", "auto"]


class Source(Model):
    """source.json: where a specification comes from that a person gave; nobody is asked for it, nor for recon.md."""

    version: Literal[1] = 1
    kind: SpecKind
    path: str
    """The file or directory, from the repository's root if it lies below it."""
    parts: dict[str, str]
    """The documents that it consists of, and the sha256 of each."""
    sha256: str
    """Digest of spec.md as it was given."""


class TestLock(Model):
    """tests/ID.json: the acceptance tests of a node as they stand in a commit."""

    __test__ = False

    version: Literal[1] = 1
    node: str
    test_cmd: str
    files: dict[str, str]
    """Path to git blob."""
    allowed: tuple[str, ...] = ()
    """The node's allowlist when the tests were written; a wider one does not make them stale."""


class Seen(Model):
    """red.json and before.json: how a test command ended on a tree, so that it is not run there again to be told."""

    version: Literal[1] = 1
    tree: str
    command: str
    exit_code: int
    seconds: float


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
