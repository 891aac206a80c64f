"""What a node's attempts work from: its slice, its locked tests, and what its dependencies gave."""

from dataclasses import dataclass

from director.artifacts.files import read_model
from director.core.artifacts import Merged, TestLock
from director.core.digests import digest
from director.core.errors import ConfigError
from director.core.plan.node import Node
from director.job.job import Job
from director.stages.acceptance import read_lock, read_slice


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
