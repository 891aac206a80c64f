"""The plan: nodes, and the slice of it that each node depends on."""

from typing import Literal

from pydantic import Field

from director.core.digests import digest
from director.core.model import Model

Difficulty = Literal["easy", "medium", "hard"]


class Node(Model):
    """One unit of work: a spec, the files it may touch, and the tests that decide."""

    id: str
    """A slug: it names files, directories and refs."""
    title: str = ""
    """One line for people."""
    spec: str = ""
    """What to do, readable with no other context."""
    files: tuple[str, ...] = ()
    """The allowlist: the only files that the executor may change; paths from the repository's root."""
    depends_on: tuple[str, ...] = ()
    """Ids of the nodes that must have landed before this one starts."""
    test_cmd: str = ""
    """The shell command that decides; run at the root of a clean checkout."""
    tests: tuple[str, ...] = ()
    """The test files, written by the test author and locked."""
    estimated_difficulty: Difficulty = "medium"
    """The planner's guess; longer chains are started first by it."""

    def work_digest(self) -> str:
        """Digest what the executor is asked to do: not the title, not the order of things."""
        return digest(
            {"spec": self.spec, "files": sorted(self.files), "test_cmd": self.test_cmd, "tests": sorted(self.tests)}
        )


class Slice(Node):
    """nodes/ID.json: a node's own part of the plan."""

    version: Literal[1] = 1


def slice_of(node: Node) -> Slice:
    """Return what a node's own file holds."""
    return Slice(**{name: getattr(node, name) for name in Node.model_fields})


class PlannedNode(Node):
    """A node as it may stand in plan.json; plans of director-cli carry hashes of their tests."""

    test_hashes: dict[str, str] = Field(default_factory=dict, exclude=True)
    """Accepted and ignored: locks are made from commits."""


class Plan(Model):
    """plan.json. Only `nodes` matters; the other fields are those of exported plans and of director-cli's."""

    version: Literal[1] = 1
    nodes: tuple[PlannedNode, ...] = ()
    job_id: str = Field(default="", exclude=True)
    task: str = Field(default="", exclude=True)
    repo: str = Field(default="", exclude=True)
    created_at: str = Field(default="", exclude=True)
    job_branch: str = Field(default="", exclude=True)
    base: str = Field(default="", exclude=True)

    def node(self, node_id: str) -> Node | None:
        """Return a node by its id."""
        return next((node for node in self.nodes if node.id == node_id), None)
