"""Make attempts until one passes or the ladder ends."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from director.artifacts.attempts import close_attempt, history, open_attempt
from director.core.attempts import Attempt, Outcome, Rung, current_ladder, next_rung
from director.core.errors import Rejected, StageFailed
from director.core.requests import allow_command
from director.core.roles import Role
from director.core.spans import SpanKind
from director.job.job import Job

Result = TypeVar("Result")


def climb(
    job: Job, *, task: str, inputs: str, roles: Sequence[Role], attempt: Callable[[Rung, Path], Result]
) -> tuple[Result, Rung]:
    """Return the result of the first attempt that passes, and which it was.

    `attempt` raises Rejected with what the next attempt is told. The ladder goes on where a stopped run left it;
    after its end, the next run begins a new one. Raises StageFailed at its end, which an attempt that asks for files
    is at once.
    """
    ladder = current_ladder(history(job.directory, task), inputs=inputs, roles=roles)
    while rung := next_rung(ladder, roles):
        log = open_attempt(job.directory, task)
        try:
            with job.spans.within(SpanKind.ATTEMPT, log.name):
                result = attempt(rung, log)
        except Rejected as rejected:
            failed = _outcome(rung, inputs, rejected)
            close_attempt(log, failed)
            ladder.append(failed)
            job.note(f"attempt {rung.number} of {len(roles)} was not accepted: {rejected.summary}", task=task)
        else:
            close_attempt(log, _outcome(rung, inputs))
            return result, rung
    raise _given_up(job, task, ladder)


def _outcome(rung: Rung, inputs: str, rejected: Rejected | None = None) -> Attempt:
    made = Attempt(inputs=inputs, number=rung.number, role=rung.role, outcome=Outcome.PASSED)
    if rejected is None:
        return made
    why = {"feedback": str(rejected), "tree_ref": rejected.tree_ref, "requests": rejected.requests}
    return made.model_copy(update={"outcome": Outcome.FAILED, **why})


def _given_up(job: Job, task: str, ladder: Sequence[Attempt]) -> StageFailed:
    last = ladder[-1]
    kept = f"; its last tree is kept as {last.tree_ref}" if last.tree_ref else ""
    if last.requests:
        asked = "".join(f"\n  - {request}" for request in last.requests)
        command = allow_command(task.partition(":")[2], last.requests)
        return StageFailed(
            f"'{task}' asks for files that it may not change{kept}{asked}\n{last.feedback}",
            hint=f"change the node in {job.directory.plan}, or let it have them: {command}",
        )
    return StageFailed(
        f"'{task}' failed after {len(ladder)} attempts{kept}\n{last.feedback}",
        hint=f"every attempt is in {job.directory.logs(task)}; run the same command again for a new ladder",
    )
