"""Questions to roles that only read: their answer is their text."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from director.core.attempts import Rung
from director.core.calls import CallKey
from director.core.errors import PlanError, Rejected, ReplyError
from director.core.roles import Role
from director.job.asking import Question, Workplace, arrived, ask
from director.job.job import Job
from director.stages.ladder import climb

Result = TypeVar("Result")
REPLY_CHARACTERS = 4_000_000
"""A longer reply is refused: it becomes part of other prompts."""


def converse(
    job: Job, *, task: str, role: Role, inputs: str, prompt: Callable[[str], str], accept: Callable[[str], Result]
) -> Result:
    """Ask until an answer is accepted, each time in a fresh context and with what was wrong with the last one.

    `inputs` is the digest of what is asked; `prompt` is given the feedback; `accept` reads the text, writes what is
    made of it, and raises ReplyError or PlanError with all that is wrong. It may be called again with the same text,
    for the attempt is closed only afterwards. Raises StageFailed after `plan_attempts`; the raw replies stay in the
    logs.
    """
    commit = job.tip()

    def attempt(rung: Rung, log: Path) -> Result:
        question = Question(CallKey(role=role, task=task, attempt=rung.number), log, f"{inputs} {rung.number}")
        answered = arrived(job, question)
        if answered is None:
            with job.at_work.workplace(), job.pool.slot("reader", commit) as slot:
                answered = ask(job, question, prompt(rung.feedback), Workplace(slot))
        try:
            return accept(_checked(answered.reply.text))
        except (ReplyError, PlanError) as error:
            raise Rejected(f"{error.message}\nthe raw reply is in {log / 'reply.json'}") from error

    return climb(job, task=task, inputs=inputs, roles=[role] * job.config.limits.plan_attempts, attempt=attempt)[0]


def _checked(text: str) -> str:
    if len(text) > REPLY_CHARACTERS:
        raise ReplyError(f"the reply has {len(text)} characters, and at most {REPLY_CHARACTERS} are read: be brief")
    return text
