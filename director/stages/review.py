"""Reviews of a diff before it lands. Only a critical finding of stage two sends work back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from director.core.calls import CallKey
from director.core.errors import AgentError, ConfigError, LimitReached, Rejected, ReplyError
from director.core.plan.node import Node
from director.core.replies import Finding, ReviewReply, Severity, parse_reply
from director.core.roles import Role
from director.core.spans import SpanKind
from director.job.asking import Question, Workplace, ask
from director.job.job import Job
from director.prompts.render import render
from director.stages.guidance import guidance

_DIFF_BYTES = 60_000


@dataclass(frozen=True)
class Change:
    """A candidate for landing."""

    node: Node
    base: str
    commit: str
    number: int
    """Which attempt of the ladder it is."""
    escalated: bool
    inputs: str


def needs_stage_two(job: Job, change: Change) -> bool:
    """Tell whether a change is escalated, or touches many files."""
    review = job.config.review
    touched = len(job.repository.changed(change.base, change.commit))
    return review.stage_two and (change.escalated or touched > review.stage_two_file_threshold)


def review_change(job: Job, change: Change, *, log: Path, stage: Literal["one", "two"]) -> tuple[Finding, ...]:
    """Return the findings; a reviewer that fails to answer finds nothing. Raises Rejected for a critical one."""
    task = f"run:{change.node.id}"
    try:
        with job.spans.within(SpanKind.REVIEW, f"stage {stage}"):
            findings = _ask(job, change, log=log / f"review-{stage}", stage=stage).findings
    except (AgentError, ConfigError, ReplyError, LimitReached) as error:
        job.note(f"the review gave nothing and does not block: {error.message}", task=task)
        return ()
    for finding in findings:
        job.note(f"review: {finding.severity}: {_told(finding)}", task=task)
    if stage == "two" and any(finding.severity is Severity.CRITICAL for finding in findings):
        raise Rejected(_feedback(findings))
    return findings


def _ask(job: Job, change: Change, *, log: Path, stage: str) -> ReviewReply:
    diff = job.repository.diff(change.base, change.commit, limit=_DIFF_BYTES)
    said = guidance(job, change.base, [*change.node.files, *change.node.tests])  # as it was: the change may bend it
    prompt = render("review", job.directory.overrides, node=change.node, diff=diff, guidance=said, stage=stage)
    key = CallKey(role=Role.REVIEWER, task=f"run:{change.node.id}", attempt=change.number)
    with job.at_work.workplace(), job.pool.slot("reader", change.commit) as slot:
        inputs = f"{change.inputs} {change.number} {change.commit} {stage}"
        answered = ask(job, Question(key, log, inputs), prompt, Workplace(slot))
        return parse_reply(answered.reply.text, ReviewReply)


def _feedback(findings: Sequence[Finding]) -> str:
    """Return what the next attempt is told: what must not land first, then the rest."""
    critical = [f"- {_told(finding)}" for finding in findings if finding.severity is Severity.CRITICAL]
    others = [f"- {_told(finding)}" for finding in findings if finding.severity is not Severity.CRITICAL]
    also = ["It also found:", *others] if others else []
    return "\n".join(["the review found what must not land:", *critical, *also])


def _told(finding: Finding) -> str:
    place = f"{finding.file}{f':{finding.line}' if finding.line else ''}: " if finding.file else ""
    return f"{place}{finding.message}"
