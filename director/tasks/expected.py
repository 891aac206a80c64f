"""Which pending tasks would ask agents: what the job branch and the documents already answer asks nobody."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from director.artifacts.documents import document_of_task, is_hand_edited
from director.core.errors import DirectorError
from director.core.landed import Landed
from director.core.outlook import ASKED, Asks, Expected
from director.job.inputs import allowlist_of_tests, read_work
from director.job.job import Approvals, Job
from director.tasks.pending import Pending
from director.tasks.reasons import IGNORED


def expected_of(job: Job, entries: Sequence[Pending]) -> list[Expected]:
    """Return whether each pending task would ask an agent."""
    landed: dict[str, Landed] = {}
    with suppress(DirectorError):  # without a branch nothing has landed
        landed = {entry.task: entry for entry in job.landed()}
    asks: dict[str, Asks] = {}
    for entry in entries:
        is_settled = all(asks.get(needed, Asks.NOBODY) is Asks.NOBODY for needed in entry.needs)
        asks[entry.task] = _asks(job, entry, landed, is_settled=is_settled)
    return [Expected(entry.task, asks[entry.task], entry.after) for entry in entries]


def _asks(job: Job, entry: Pending, landed: Mapping[str, Landed], *, is_settled: bool) -> Asks:
    kind, _, node = entry.task.partition(":")
    if any(reason.text.startswith(IGNORED) for reason in entry.reasons):
        return Asks.NOBODY
    match kind:
        case "tests":
            return _asks_for_tests(job, node, landed.get(entry.task))
        case "run":
            return _asks_for_work(job, node, landed.get(entry.task), is_settled=is_settled)
        case "gate" if job.approvals is not Approvals.CRITIQUE:
            return Asks.NOBODY
        case _ if entry.task in ASKED:
            return _asks_for_words(job, entry)
        case _:
            return Asks.NOBODY


def _asks_for_tests(job: Job, node: str, landed: Landed | None) -> Asks:
    is_known = landed is not None and allowlist_of_tests(job, job.nodes[node], landed) is not None
    return Asks.NOBODY if is_known else Asks.SURELY


def _asks_for_work(job: Job, node: str, landed: Landed | None, *, is_settled: bool) -> Asks:
    """Return whether a node asks: not if it was made from the very same, and only if it is red for the same work."""
    if landed is None or landed.work != job.nodes[node].work_digest():
        return Asks.SURELY
    with suppress(DirectorError):  # something that it needs is missing
        if is_settled and read_work(job, node).inputs == landed.inputs:
            return Asks.NOBODY
    return Asks.MAYBE


def _asks_for_words(job: Job, entry: Pending) -> Asks:
    """Return whether a document or a critique is asked for: not over the user's edits."""
    document = document_of_task(job.directory, entry.task)
    if document and is_hand_edited(job.directory, document):
        return Asks.NOBODY
    made = document or job.directory.approved(entry.task.partition(":")[2])
    is_stale = not made.exists() or any(reason.path for reason in entry.reasons)
    return Asks.SURELY if is_stale else Asks.MAYBE
