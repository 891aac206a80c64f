"""From the task to the plan: recon.md, spec.md, plan.json and the slices of the nodes."""

import json
from collections.abc import Callable
from pathlib import Path

from director.artifacts.attempts import history
from director.artifacts.documents import is_hand_edited, write_document
from director.artifacts.files import read_text
from director.core.attempts import Outcome
from director.core.digests import digest
from director.core.errors import ConfigError, ReplyError
from director.core.plan.node import Plan
from director.core.plan.validation import parse_plan
from director.core.replies import strip_fence
from director.core.roles import Role
from director.job.job import Job
from director.prompts.render import render, show_listing
from director.stages.base import base_of
from director.stages.conversation import converse
from director.stages.guidance import guidance

DOCUMENT_CHARACTERS = 4_000_000
"""A longer document is refused: no model reads it."""
_LISTED_FILES = 2000


def write_recon(job: Job) -> None:
    """Have the explorer read the repository at the job's base."""
    task = required_text(job.directory.task)
    base = base_of(job)
    made_from = digest(["recon", task, base])

    def prompt(_: str) -> str:
        files = job.repository.files(base)
        return render(
            "recon",
            job.directory.overrides,
            task=task,
            listing=show_listing(files, limit=_LISTED_FILES),
            guidance=guidance(job, base),
        )

    _write(job, job.directory.recon, "recon", Role.EXPLORER, made_from, prompt, _some_text)


def write_spec(job: Job) -> None:
    """Have the task turned into a specification."""
    task, recon = required_text(job.directory.task), required_text(job.directory.recon)
    made_from = digest(["spec", task, recon])

    def prompt(_: str) -> str:
        return render("spec", job.directory.overrides, task=task, recon=recon)

    _write(job, job.directory.spec, "spec", Role.BRAINSTORM, made_from, prompt, _some_text)


def write_plan(job: Job) -> None:
    """Have the specification decomposed into a plan that has no problems."""
    spec, recon = required_text(job.directory.spec), _explored(job)
    made_from = digest(["decompose", spec, recon])
    previous = read_text(job.directory.plan) or ""

    def prompt(feedback: str) -> str:
        overrides = job.directory.overrides
        said = guidance(job, base_of(job))
        values = {"previous": previous, "feedback": feedback, "guidance": said}
        return render("decompose", overrides, spec=spec, recon=recon, **values)

    def accept(reply: str) -> str:
        return plan_text(plan_of_reply(reply))

    _write(job, job.directory.plan, "decompose", Role.PLANNER, made_from, prompt, accept)


def _explored(job: Job) -> str:
    """Return what the explorer found; nothing where the specification is given, for then nobody has explored."""
    return "" if job.directory.source.exists() else required_text(job.directory.recon)


def _write(
    job: Job,
    document: Path,
    task: str,
    role: Role,
    made_from: str,
    prompt: Callable[[str], str],
    accept: Callable[[str], str],
) -> None:
    """Write a document, unless it has the user's edits or was made from the very same inputs."""
    if is_hand_edited(job.directory, document):
        job.note(f"{document.name} has your edits and is kept", hint=f"delete {document} to have it written anew")
        return
    made = history(job.directory, task)
    if document.exists() and made and made[-1].inputs == made_from and made[-1].outcome is Outcome.PASSED:
        return

    def keep(reply: str) -> None:
        write_document(job.directory, document, accept(reply))

    converse(job, task=task, role=role, inputs=made_from, prompt=prompt, accept=keep)


def plan_of_reply(text: str) -> Plan:
    """Read the planner's answer. Raises PlanError with every problem."""
    return parse_plan(strip_fence(text), source="the reply")


def plan_text(plan: Plan) -> str:
    """Return plan.json as director writes it."""
    return json.dumps(plan.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def required_text(path: Path) -> str:
    """Return a file's text. Raises ConfigError if it is missing, empty, or longer than a prompt can be."""
    text = read_text(path)
    if text is None or not text.strip():
        raise ConfigError(f"'{path}' is missing or empty", hint="write it, or delete it to have it made again")
    if len(text) > DOCUMENT_CHARACTERS:
        said = f"{path.name} has {len(text)} characters, and a prompt takes at most {DOCUMENT_CHARACTERS} of it"
        raise ConfigError(said, hint=f"shorten '{path}', or name files in it that are to be read")
    return text


def _some_text(text: str) -> str:
    if not text.strip():
        raise ReplyError("the reply is empty")
    return text.strip() + "\n"
