"""What nodes that left the plan left on the job branch, until a person says to keep it or has it reverted."""

from collections.abc import Sequence

from director.artifacts.files import read_remade, write_model
from director.core.landed import Landed, brought
from director.core.leftover import Kept, Leftover
from director.core.plan.node import Node
from director.job.job import Job


def find_leftovers(job: Job, planned: Sequence[Node]) -> list[Leftover]:
    """Return what is on the branch of nodes that landed and are no longer planned, unless a person keeps it."""
    tip = job.repository.tip(job.identity.ref)
    ids = {node.id for node in planned}
    taken = {path for node in planned for path in (*node.files, *node.tests)}
    found = []
    everything = job.repository.landed(job.identity.base, tip) if tip else []
    for node, landed in brought(everything).items():
        work = [entry.commit for entry in landed if entry.task == f"run:{node}"]
        if node not in ids and work and not _is_kept(job, node, work[-1]):
            files = _still_there(job, landed, tip=tip or "") - taken
            found += [Leftover(node=node, commit=work[-1], files=tuple(sorted(files)))] if files else []
    return found


def keep_leftover(job: Job, leftover: Leftover) -> None:
    """Write down that a person wants it."""
    write_model(job.directory.kept(leftover.node), Kept(node=leftover.node, commit=leftover.commit))


def _still_there(job: Job, landed: Sequence[Landed], *, tip: str) -> set[str]:
    files = job.repository.touched(entry.commit for entry in landed)
    return {path for path, blob in job.repository.blobs(tip, files).items() if blob}


def _is_kept(job: Job, node: str, commit: str) -> bool:
    kept = read_remade(job.directory.kept(node), Kept)
    return kept is not None and kept.commit == commit
