"""Verified reuse: a node whose patch is known is tried with it before an agent is asked (docs/cache.md).

A patch passes the gate and the landing of an agent's work, or it is dropped.
"""

from datetime import UTC, datetime
from pathlib import Path

from director.artifacts.attempts import numbered
from director.artifacts.files import write_model
from director.core.attempts import Rung
from director.core.errors import GitError, Rejected
from director.core.events import Step
from director.core.measures import total
from director.core.patches import (
    MAX_BYTES,
    MAX_TEXT,
    Patch,
    PatchedFile,
    Reuse,
    last_ladder,
    patch_key,
    patch_problem,
)
from director.core.roles import Role
from director.job.arrivals import Arrival
from director.job.inputs import Work
from director.job.job import Job
from director.job.patches import Found, place_of
from director.stages.gate import check_lock, check_tests
from director.stages.landing import land

PLAYED = "replay"
"""The backend that plays answers: what it gives was not paid for, and whoever plays wants to see it played."""


def reuse(job: Job, work: Work, *, message: str) -> Reuse | None:
    """Land what a node's work came to when it was made from the very same before; None if no agent is spared."""
    if not _is_wanted(job, Role.EXECUTOR) or _has_answer(job, work.task):
        return None
    tip = job.tip()
    found = job.patches.find(_key(job, work, tip))
    if found is None:
        return None
    job.tell(Step(work.task, f"from the cache, by {found.patch.tier.model}"))
    try:
        commit = _land(job, work, found.patch, tip=tip, message=message)
    except Rejected as rejected:
        job.patches.refuse(found.patch.key)
        job.repository.drop(_kept(job, work))
        job.note(f"what the cache had did not pass and is dropped: {rejected.summary}", task=work.task)
        return None
    job.patches.count_hit(found.patch)
    made = _reuse(found, commit)
    write_model(job.directory.reuse(work.node.id), made)
    return made


def keep(job: Job, work: Work, commit: str, rung: Rung) -> None:
    """Keep what an agent's work came to, as it landed. That it cannot be kept fails nobody."""
    if not _is_wanted(job, rung.role):
        return
    try:
        base = job.repository.parent(commit)
        if files := _patched(job, base, commit):
            job.patches.keep(_patch(job, work, rung, base=base, files=files))
    except GitError as error:
        job.note(f"the cache cannot keep this: {error.message}", task=work.task)


def _patch(job: Job, work: Work, rung: Rung, *, base: str, files: dict[str, PatchedFile | None]) -> Patch:
    tier = job.config.tier(rung.role)
    cost = total(last_ladder([call for call in job.ledger.records if call.task == work.task]))
    return Patch(
        key=_key(job, work, base),
        files=files,
        node=work.node.id[:MAX_TEXT],
        title=work.node.title[:MAX_TEXT],
        job=job.identity.id[:MAX_TEXT],
        base=job.identity.base,
        place=place_of(job.repository),
        backend=tier.backend,
        model=tier.model[:MAX_TEXT],
        attempts=rung.number,
        escalated=rung.role is Role.ESCALATION,
        cost_usd=cost.cost_usd,
        unpriced_calls=cost.unpriced_calls,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _is_wanted(job: Job, role: Role) -> bool:
    """Tell whether a job takes part: one that is recorded, played or compared has to ask its own agents."""
    is_played = job.config.tier(role).backend == PLAYED
    is_compared = job.directory.arm.exists()
    return job.config.cache.enabled and not (is_played or is_compared or job.record)


def _has_answer(job: Job, task: str) -> bool:
    """Tell whether a stopped run left an answer that its ladder goes on with: it is paid for."""
    made = numbered(job.directory, task)
    return bool(made) and (made[-1] / "reply.json").exists() and not (made[-1] / "outcome.json").exists()


def _key(job: Job, work: Work, base: str) -> str:
    files = job.repository.blobs(base, work.node.files)
    return patch_key(work.node, tests=work.lock.files, files=files, given=work.given)


def _land(job: Job, work: Work, patch: Patch, *, tip: str, message: str) -> str:
    """Land a patch on the tip by the same gate and the same landing as an agent's work. Raises Rejected."""
    if problem := patch_problem(patch, allowed=work.node.files, tests=tuple(work.lock.files)):
        raise Rejected(problem)
    log, message = _log(job, work), f"{message}Director-Patch: {patch.key}\n"
    commit = _commit(job, patch, tip=tip, message=message)
    job.repository.keep(_kept(job, work), commit)
    job.tell(Step(work.task, "gate"))
    check_lock(job, work.lock, commit)
    check_tests(job, work.node, commit, log=log / "gate.txt")
    job.tell(Step(work.task, "landing"))
    allowed, kept = frozenset(work.node.files), _kept(job, work)
    return land(job, Arrival(commit, tip, allowed, message, kept=kept, node=work.node, log=log))


def _commit(job: Job, patch: Patch, *, tip: str, message: str) -> str:
    files = {path: (file.mode, file.content) if file else None for path, file in patch.files.items()}
    return job.repository.commit_tree(job.repository.tree_with(tip, files), parent=tip, message=message)


def _patched(job: Job, base: str, commit: str) -> dict[str, PatchedFile | None]:
    """Return what a landed commit changed; nothing if that is too much to be kept."""
    modes = {change.path: change.mode for change in job.repository.changes(base, commit)}
    files = job.repository.excerpts(commit, modes, limit=MAX_BYTES, total=MAX_BYTES)
    if any(file and len(file.head) < file.size for file in files.values()):
        return {}
    return {
        path: PatchedFile.model_validate({"mode": modes[path], "content": file.head}) if file else None
        for path, file in files.items()
    }


def _reuse(found: Found, commit: str) -> Reuse:
    patch = found.patch
    return Reuse(
        commit=commit,
        key=patch.key,
        source=found.source,
        node=patch.node,
        job=patch.job,
        tier=patch.tier,
        made=patch.made,
        saved_usd=patch.cost_usd,
        unpriced_calls=patch.unpriced_calls,
    )


def _kept(job: Job, work: Work) -> str:
    return job.identity.kept_ref(work.task, "cache")


def _log(job: Job, work: Work) -> Path:
    return job.directory.reuse(work.node.id).parent
