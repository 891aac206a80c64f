"""What nodes and their tests are made from: slices, locks, and what dependencies gave."""

from collections.abc import Sequence
from dataclasses import dataclass

from director.artifacts.files import read_model, read_remade
from director.core.artifacts import Merged, TestLock
from director.core.digests import digest
from director.core.errors import ConfigError
from director.core.landed import Landed
from director.core.plan.node import Node, Slice
from director.job.job import Job


@dataclass(frozen=True)
class Work:
    """A node with everything that its result is made from."""

    node: Node
    lock: TestLock
    given: dict[str, dict[str, str | None]]
    """The blobs that each dependency brought."""
    inputs: str
    """Digest of the slice, the locked tests and what the dependencies gave."""

    @property
    def task(self) -> str:
        """The doit task."""
        return f"run:{self.node.id}"


def read_work(job: Job, node_id: str) -> Work:
    """Read what a node is made from. Raises ConfigError if something that it needs is missing."""
    node, lock = read_slice(job, node_id), read_lock(job, node_id)
    given: dict[str, dict[str, str | None]] = {}
    for dependency in sorted(node.depends_on):
        marker = read_model(job.directory.merged(dependency), Merged)
        if marker is None:
            raise ConfigError(
                f"'{node_id}' needs '{dependency}', which has not landed", hint=f"run 'director run:{dependency}' first"
            )
        given[dependency] = marker.files
    return Work(node, lock, given, inputs=digest([node.work_digest(), lock.files, given]))


def read_slice(job: Job, node: str) -> Node:
    """Return a node's own slice of the plan, as it stood when the graph was read."""
    found = job.nodes.get(node) or read_model(job.directory.node(node), Slice)
    if found is None:
        raise ConfigError(f"'{job.directory.node(node)}' is missing", hint="run 'director plan' to have it made")
    return found


def read_lock(job: Job, node: str) -> TestLock:
    """Return the lock of a node's tests."""
    found = read_model(job.directory.lock(node), TestLock)
    if found is None:
        raise ConfigError(f"'{job.directory.lock(node)}' is missing", hint="run 'director plan' to have it made")
    return found


def inputs_of_tests(node: Node, files: Sequence[str]) -> str:
    """Digest what a node's tests are made from, if it may change these files."""
    return digest(["tests", node.model_copy(update={"files": tuple(files)}).work_digest()])


def allowlist_of_tests(job: Job, node: Node, landed: Landed) -> Sequence[str] | None:
    """Return the allowlist for which these tests were written, if they are those of the node as it is; else None."""
    lock = read_remade(job.directory.lock(node.id), TestLock)
    narrower = [lock.allowed] if lock and set(lock.allowed) < set(node.files) else []
    return next((files for files in (node.files, *narrower) if landed.inputs == inputs_of_tests(node, files)), None)
