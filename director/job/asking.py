"""Ask an agent: within the budget, recorded, and never twice for a reply that has arrived."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from director.agents.protocol import Request
from director.artifacts.attempts import Answered
from director.artifacts.files import read_model, write_model, write_text
from director.core.calls import CallKey, CallRecord, End, Reply
from director.core.config.settings import Sampling
from director.core.digests import digest
from director.core.errors import AgentError
from director.core.events import CallEnded, CallStarted
from director.core.money import cost_of
from director.job.job import Job
from director.shell.processes import Limits

Capture = Callable[[], tuple[str, Sequence[str]]]


@dataclass(frozen=True)
class Question:
    """What is asked, where, and from what it was made."""

    key: CallKey
    prompt: str
    directory: Path
    log: Path
    """Directory of the attempt: prompt.md, transcript.jsonl, reply.json."""
    inputs: str
    """Digest of what the prompt was made from: the same question gets the reply that arrived."""


def ask(job: Job, question: Question, *, capture: Capture | None = None) -> Answered:
    """Return the reply to a question; `capture` saves what the agent left in its worktree, as a commit and notes.

    Raises AgentError for a call that says nothing about the work: no program, no login, a rate limit, and for a role
    that writes no files any call that did not end well.
    """
    request = digest([str(question.key), str(job.config.tier(question.key.role)), question.inputs])
    arrived = read_model(question.log / "reply.json", Answered)
    if arrived and arrived.request == request:
        return arrived
    write_text(question.log / "prompt.md", question.prompt)
    reply = _call(job, question)
    _check(question, reply, writes=capture is not None)
    commit, notes = capture() if capture else ("", ())
    answered = Answered(request=request, reply=reply, commit=commit, notes=tuple(notes))
    write_model(question.log / "reply.json", answered)
    return answered


def _call(job: Job, question: Question) -> Reply:
    key, limits = question.key, job.config.limits
    tier = job.config.tier(key.role)
    backend = job.backend(tier.backend)
    request = Request(
        key=key,
        tier=tier,
        role=job.roles[key.role],
        prompt=question.prompt,
        directory=question.directory,
        log_directory=question.log,
        limits=Limits(wall=limits.node_timeout_secs, idle=limits.idle_timeout_secs),
        mark=job.mark,
        sampling=job.config.sampling.get(key.role, Sampling()),
    )
    with job.ledger.call(key.role) as settle:
        job.tell(CallStarted(key, tier))
        reply = backend.ask(request)
        cost, source = cost_of(reply, job.config.price(tier))
        record = CallRecord(
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            job=job.identity.id,
            role=key.role,
            task=key.task,
            attempt=key.attempt,
            tier=tier,
            end=reply.end,
            usage=reply.usage,
            cost_usd=cost,
            cost_source=source,
            seconds=reply.seconds,
        )
        settle(record)
    job.tell(CallEnded(key, record))
    return reply


def _check(question: Question, reply: Reply, *, writes: bool) -> None:
    said = reply.detail or "it does not say why"
    match reply.end:
        case End.RATE_LIMITED:
            raise AgentError(
                f"the {question.key.role} was rate limited: {said}", hint="wait, then run the same command again"
            )
        case End.REFUSED:
            raise AgentError(
                f"the {question.key.role} was refused: {said}",
                hint=f"check the login and the rights of the agent program; its output is in {question.log}",
            )
        case End.ERROR | End.TIMEOUT if not writes:
            raise AgentError(
                f"the {question.key.role} failed ({reply.end}): {said}",
                hint=f"see {question.log}, then run the same command again",
            )
        case _:
            return
