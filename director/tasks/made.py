"""What is up to date: what it was built from, and who made it, when and for how much."""

from typing import Any

from director.artifacts.documents import document_of_task, is_hand_edited
from director.artifacts.files import read_records, read_remade
from director.core.artifacts import Approval, GatesRun, Merged
from director.core.calls import CallRecord
from director.core.measures import total
from director.core.metrics import NodeMetrics
from director.core.printed import BuiltInput, Made
from director.job.job import Job
from director.tasks.reasons import named


def inputs_of(job: Job, task: Any) -> tuple[BuiltInput, ...]:
    """Return what a task that is up to date was built from."""
    return tuple(_input(job, path) for path in sorted(task.file_dep))


def made_of(job: Job, name: str) -> Made:
    """Return who made what a task that is up to date gives."""
    approval = _approval(job, name)
    if approval and approval.by != "critique":
        return Made(by=approval.by)
    calls = [call for call in read_records(job.directory.costs, CallRecord) if call.task == name]
    money, commit, landed = total(calls), _commit(job, name), _landed(job, name)
    return Made(
        commit=commit,
        branch=job.identity.branch if commit else "",
        time=landed.time if landed else calls[-1].time if calls else "",
        by=_by(job, name, landed, calls),
        attempts=landed.attempts if landed else calls[-1].attempt if calls else 0,
        calls=money.calls,
        cost_usd=money.cost_usd,
        unpriced_calls=money.unpriced_calls,
    )


def _input(job: Job, path: str) -> BuiltInput:
    directory, root = job.directory, job.repository.root
    place = directory.path.joinpath(path)
    marker = read_remade(place, Merged) if place.parent == directory.merged("").parent else None
    file = str(place.relative_to(root) if place.is_relative_to(root) else place)
    return BuiltInput(file=file, said=named(directory, path), commit=marker.commit if marker else "")


def _commit(job: Job, name: str) -> str:
    kind, _, node = name.partition(":")
    if kind == "run":
        marker = read_remade(job.directory.merged(node), Merged)
        return marker.commit if marker else ""
    if name == "integrate":
        integrated = read_remade(job.directory.integration, GatesRun)
        return integrated.commit if integrated else ""
    return next((landed.commit for landed in reversed(job.landed()) if landed.task == name), "") if node else ""


def _landed(job: Job, name: str) -> NodeMetrics | None:
    """Return the last ladder that brought a node onto the branch."""
    kind, _, node = name.partition(":")
    metrics = read_records(job.directory.metrics, NodeMetrics) if kind == "run" else []
    return next((entry for entry in reversed(metrics) if (entry.node, entry.outcome) == (node, "landed")), None)


def _approval(job: Job, name: str) -> Approval | None:
    kind, _, document = name.partition(":")
    return read_remade(job.directory.approved(document), Approval) if kind == "gate" else None


def _by(job: Job, name: str, landed: NodeMetrics | None, calls: list[CallRecord]) -> str:
    if landed and landed.tier:
        return f"{landed.tier}{' (escalated)' if landed.escalated else ''}"
    document = document_of_task(job.directory, name)
    edited = document is not None and is_hand_edited(job.directory, document)
    return ", ".join([*(str(call.tier) for call in calls[-1:]), *(["with your edits"] if edited else [])])
