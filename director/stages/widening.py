"""A person lets a node change further files: plan.json is edited as they would do it, and checked as a whole."""

from collections.abc import Sequence

from director.artifacts.files import write_text
from director.core.errors import PlanError
from director.core.plan.node import Node
from director.core.plan.validation import parse_plan
from director.core.plan.widening import widened
from director.core.words import listed, quoted
from director.job.job import Job
from director.stages.approval import approval_of, approve_edit
from director.stages.planning import required_text


def widen(job: Job, node: Node, paths: Sequence[str]) -> list[str]:
    """Put files into a node's allowlist; return those that were not in it.

    An approval of the plan goes on for what it says now. Raises PlanError with every problem, and changes nothing then.
    """
    text = required_text(job.directory.plan)
    further = [path for path in dict.fromkeys(paths) if path not in node.files]
    if not further:
        return []
    wider = widened(text, node.id, further)
    try:
        parse_plan(wider, source=str(job.directory.plan))
    except PlanError as error:
        files = listed([quoted(path) for path in further])
        hint = f"name other files, or change the plan itself: {job.directory.plan}"
        raise PlanError(f"'{node.id}' cannot be given {files}", problems=error.problems, hint=hint) from error
    approval = approval_of(job, "plan")
    write_text(job.directory.plan, wider)
    if approval:
        approve_edit(job, "plan", approval)
    return further
