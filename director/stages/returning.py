"""A node that is asked for again what it did before: its former work comes back, and no agent is asked.

So an edit of a spec that is taken back costs nothing, whether or not a node was built by it meanwhile.
"""

from director.core.errors import MergeConflict, Rejected
from director.job.inputs import Work
from director.job.job import Job
from director.stages.gate import check_lock, check_tests
from director.stages.landing import trailers
from director.stages.undoing import land_without, take_back


def bring_back_work(job: Job, work: Work) -> str | None:
    """Take back what landed for a node since it was asked for this very work before; return the commit.

    None if it never was, or what was made then is not green now: then an agent has to be asked.
    """
    digest = work.node.work_digest()
    own = [landed for landed in job.landed() if landed.task == work.task]
    before = [place for place, landed in enumerate(own) if landed.work == digest]
    later = [landed.commit for landed in own[before[-1] + 1 :]] if before else []
    try:
        return _land_without(job, work, later) if later else None
    except (MergeConflict, Rejected):
        return None


def _land_without(job: Job, work: Work, later: list[str]) -> str:
    tip, log = job.tip(), job.directory.logs(work.task) / "returned"
    known_by = trailers(job, task=work.task, inputs=work.inputs, work=work.node.work_digest())
    message = f"{work.node.title or work.node.id}, as it was before\n\n{known_by}"
    made = take_back(job, later, tip=tip, message=message)
    check_lock(job, work.lock, made)
    check_tests(job, work.node, made, log=log / "gate.txt")
    return land_without(job, made, later, task=work.task, message=message, node=work.node, log=log)
