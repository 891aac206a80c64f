"""Ask an agent: within the budget, recorded, and never twice for a reply that has arrived.

A call is written to calls/ID.json before it begins and taken off when what came of it is on disk: the reply first, then
its record, then the commit of what the agent left in its worktree. What a killed run left in between is completed by
the next one (recovery.py).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from director.agents.protocol import Request
from director.artifacts.attempts import Answered
from director.artifacts.files import read_model, write_model, write_text
from director.artifacts.reserve import keep_room, write_with_reserve
from director.core.artifacts import Asked, Scope
from director.core.calls import CallKey, CallRecord, End, Reply, Usage, node_of
from director.core.config.settings import Sampling
from director.core.digests import digest
from director.core.errors import AgentError, ConfigError, LimitReached, Postponed
from director.core.events import CallEnded, CallStarted, Waiting
from director.core.money import cost_of, cost_of_reply
from director.core.price import PriceSource
from director.core.replies import reply_schema
from director.core.spans import SpanKind
from director.git.slots import Slot
from director.job.capture import capture
from director.job.entries import record_call
from director.job.job import Job
from director.job.ledger import Place
from director.job.places import WAIT_SECONDS
from director.job.prices import foresee_price, known_price
from director.shell.processes import Limits


@dataclass(frozen=True)
class Question:
    """Who is asked, and from what the question was made."""

    key: CallKey
    log: Path
    """Directory of the attempt: prompt.md, transcript.jsonl, reply.json."""
    inputs: str
    """Digest of what the prompt is made from: the same question gets the reply that arrived."""


@dataclass(frozen=True)
class Workplace:
    """Where an agent works, as it is to find it."""

    slot: Slot
    scope: Scope | None = None
    """What is taken of what it writes; None for a role that only reads."""
    renew: Callable[[], None] = lambda: None
    """Makes the worktree again as it is now, for a call that has to be repeated."""


def arrived(job: Job, question: Question) -> Answered | None:
    """Return the reply to a question if it is on disk, with everything that belongs to it."""
    found = read_model(question.log / "reply.json", Answered)
    return found if found and found.is_complete and found.request == _request(job, question) else None


def ask(job: Job, question: Question, prompt: str, place: Workplace) -> Answered:
    """Return the reply to a question; a call that meets a rate limit is repeated when its tier may be asked again.

    Raises ConfigError for a call that was refused, AgentError for one that failed and whose role writes no files,
    LimitReached at the cost ceiling and for a tier that stays rate limited, Interrupted if director is to stop.
    """
    if found := arrived(job, question):
        return found
    write_text(question.log / "prompt.md", prompt, synced=False)
    while True:
        asked = _register(job, question, prompt, place)
        with _left_for_recovery(job, asked):
            reply = _call(job, asked, prompt)
            answered = complete(job, asked, reply) if is_answer(asked, reply) else None
            record_call(job, asked, reply)
        in_flight(job, asked).unlink()
        if answered:
            return answered
        if reply.end is not End.RATE_LIMITED:
            raise _failure(job, question, reply)
        place.renew()


def is_answer(asked: Asked, reply: Reply) -> bool:
    """Tell whether a reply is one to build on: what a writing role left counts, also if its call ended badly."""
    return reply.end is End.DONE or (asked.scope is not None and reply.end in (End.ERROR, End.TIMEOUT))


def settle(job: Job, asked: Asked, reply: Reply, place: Place | None = None) -> CallRecord:
    """Put a reply on disk, if it is an answer, and then what the call cost; a call counts once.

    `place` is the call's place in the budget, which its record takes.
    """
    if is_answer(asked, reply):
        answered = Answered(request=asked.request, reply=reply, is_complete=asked.scope is None)
        write_with_reserve(job.directory, lambda: write_model(_reply_file(job, asked), answered))
    return count(job, asked, reply, place)


def count(job: Job, asked: Asked, reply: Reply, place: Place | None = None) -> CallRecord:
    """Write down what a call cost, once."""
    cost = cost_of_reply(reply, known_price(job.config, asked.tier))
    record = CallRecord(
        id=asked.id,
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        job=job.identity.id,
        role=asked.key.role,
        task=asked.key.task,
        node=node_of(asked.key.task),
        attempt=asked.key.attempt,
        tier=asked.tier,
        end=reply.end,
        usage=reply.usage,
        cost_usd=cost.usd,
        cost_source=cost.source,
        price=cost.known.price if cost.known else None,
        price_source=cost.known.source if cost.known else PriceSource.UNKNOWN,
        computed_usd=cost.computed_usd,
        reported_usd=cost.reported_usd,
        seconds=reply.seconds,
        prompt=asked.prompt,
    )
    write_with_reserve(job.directory, lambda: job.ledger.settle(record, place))
    return record


def complete(job: Job, asked: Asked, reply: Reply) -> Answered:
    """Keep what an agent left in its worktree beside its reply, which is on disk already."""
    scope = asked.scope
    commit, notes = capture(job, job.pool.named(scope.slot, scope.base), scope) if scope else ("", [])
    answered = Answered(request=asked.request, reply=reply, commit=commit, notes=tuple(notes), is_complete=True)
    write_model(_reply_file(job, asked), answered)
    return answered


def in_flight(job: Job, asked: Asked) -> Path:
    """Return the file that says that a call is in flight."""
    return job.directory.calls / f"{asked.id}.json"


def _reply_file(job: Job, asked: Asked) -> Path:
    return job.directory.path / asked.log / "reply.json"


def _request(job: Job, question: Question) -> str:
    return digest([str(question.key), str(job.config.tier(question.key.role)), question.inputs])


def _register(job: Job, question: Question, prompt: str, place: Workplace) -> Asked:
    """Write down that a call begins, when nothing of an earlier one can be taken for its answer."""
    request, reply_file = _request(job, question), question.log / "reply.json"
    (question.log / "transcript.jsonl").unlink(missing_ok=True)
    earlier = read_model(reply_file, Answered)
    if earlier and earlier.request == request:  # its worktree was gone before all of it was kept
        reply_file.unlink()
    asked = Asked(
        id=uuid4().hex,
        request=request,
        key=question.key,
        tier=job.config.tier(question.key.role),
        log=os.path.relpath(question.log, job.directory.path),
        directory=str(place.slot.tree),
        scope=place.scope,
        prompt=job.prompt_digest(prompt),
    )
    keep_room(job.directory)
    write_model(in_flight(job, asked), asked)
    return asked


def _call(job: Job, asked: Asked, prompt: str) -> Reply:
    """Make a call within the budget and settle it; where none could be made at all, it is in flight no longer."""
    key, tier = asked.key, asked.tier
    try:
        with ExitStack() as held:
            held.enter_context(job.at_work.agent())
            with job.spans.within(SpanKind.WAIT, str(tier), least=WAIT_SECONDS):
                turn = held.enter_context(
                    job.rate_limits.turn(tier, lambda until, why: job.tell(Waiting(key, tier, until, why)))
                )
                place = held.enter_context(job.ledger.call(key.role, tier))

            def spent(usage: Usage, reported: float | None) -> bool:
                return place.use(cost_of(usage, reported, known_price(job.config, tier)).usd)

            job.tell(CallStarted(key, tier))
            foresee_price(job.config, tier)
            with job.spans.within(SpanKind.CALL, str(key.role), call=asked.id):
                reply = job.backend(tier.backend).ask(_request_of(job, asked, prompt, spent))
                turn.end(reply)
                record = settle(job, asked, reply, place)  # before anything else is written, be it the span
            job.look_after_repository(key.task)
    except (AgentError, ConfigError, LimitReached, Postponed):
        in_flight(job, asked).unlink()
        raise
    job.tell(CallEnded(key, record))
    return reply


@contextmanager
def _left_for_recovery(job: Job, asked: Asked) -> Iterator[None]:
    """Leave the worktree alone for the rest of the run if the call could not be completed."""
    try:
        yield
    except BaseException:
        if asked.scope and in_flight(job, asked).exists():
            job.pool.withhold(asked.scope.slot)
        raise


def _request_of(job: Job, asked: Asked, prompt: str, spent: Callable[[Usage, float | None], bool]) -> Request:
    limits, role = job.config.limits, asked.key.role
    output = job.roles[role].output_of(asked.key.task)
    return Request(
        key=asked.key,
        tier=asked.tier,
        role=job.roles[role],
        prompt=prompt,
        directory=Path(asked.directory),
        log_directory=_reply_file(job, asked).parent,
        limits=Limits(wall=limits.node_timeout_secs, idle=limits.idle_timeout_secs),
        mark=job.mark,
        sampling=job.config.sampling.get(role, Sampling()),
        environment=job.lookout.trace_environment(),
        spent=spent,
        prompt_digest=asked.prompt,
        earlier=job.ledger.prompts(asked.key, asked.tier),
        note=lambda text: job.note(text, task=asked.key.task),
        output=reply_schema(output) if output else None,
    )


def _failure(job: Job, question: Question, reply: Reply) -> Exception:
    role, said = question.key.role, reply.detail or "it does not say why"
    match reply.end:
        case End.OVER_BUDGET:
            return job.ledger.exhausted()
        case End.REFUSED:
            return ConfigError(
                f"the {role} was refused: {said}",
                hint=f"check the login and the rights of the agent program; its output is in {question.log}",
            )
        case _:
            return AgentError(
                f"the {role} failed ({reply.end}): {said}", hint=f"see {question.log}, then run the same command again"
            )
