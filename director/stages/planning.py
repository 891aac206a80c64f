"""From the task to the plan: recon.md, spec.md, plan.json and the slices of the nodes."""

import json
from pathlib import Path

from director.artifacts.documents import is_hand_edited, write_document
from director.artifacts.files import read_text, write_model
from director.core.errors import ConfigError, ReplyError
from director.core.plan import Node, Plan
from director.core.replies import strip_fence
from director.core.roles import Role
from director.core.validation import parse_plan
from director.job.job import Job
from director.prompts.render import render
from director.stages.conversation import converse
from director.stages.guidance import guidance

_LISTED_FILES = 2000


def write_recon(job: Job) -> None:
    """Have the explorer read the repository at the job's base."""
    document = job.directory.recon
    if _kept(job, document):
        return
    task = required_text(job.directory.task)
    files = job.repository.files(job.identity.base)
    said = guidance(job, job.identity.base)

    def prompt(_: str) -> str:
        cut = _LISTED_FILES if len(files) > _LISTED_FILES else 0
        listing = "\n".join(files[:_LISTED_FILES])
        overrides = job.directory.overrides
        return render("recon", overrides, task=task, listing=listing, listing_cut=cut, guidance=said)

    inputs = [task, job.identity.base]
    text = converse(job, task="recon", role=Role.EXPLORER, inputs=inputs, prompt=prompt, accept=_some_text)
    write_document(job.directory, document, text)


def write_spec(job: Job) -> None:
    """Have the task turned into a specification."""
    document = job.directory.spec
    if _kept(job, document):
        return
    task, recon = required_text(job.directory.task), required_text(job.directory.recon)

    def prompt(_: str) -> str:
        return render("spec", job.directory.overrides, task=task, recon=recon)

    text = converse(job, task="spec", role=Role.BRAINSTORM, inputs=[task, recon], prompt=prompt, accept=_some_text)
    write_document(job.directory, document, text)


def write_plan(job: Job) -> None:
    """Have the specification decomposed into a plan that has no problems."""
    document = job.directory.plan
    if _kept(job, document):
        return
    spec, recon = required_text(job.directory.spec), required_text(job.directory.recon)
    previous = read_text(document) or ""

    def prompt(feedback: str) -> str:
        overrides = job.directory.overrides
        return render("decompose", overrides, spec=spec, recon=recon, previous=previous, feedback=feedback)

    inputs = [spec, recon, previous]
    plan = converse(job, task="decompose", role=Role.PLANNER, inputs=inputs, prompt=prompt, accept=plan_of_reply)
    write_document(job.directory, document, plan_text(plan))


def write_slices(job: Job) -> None:
    """Write each node's own slice of the plan; one that has not changed is left alone."""
    plan = read_plan(job.directory.plan)
    for node in plan.nodes:
        write_model(job.directory.node(node.id), slice_of(node))
    current = {node.id for node in plan.nodes}
    for path in job.directory.nodes.glob("*.json"):
        if path.stem not in current:
            path.unlink()


def slice_of(node: Node) -> Node:
    """Return what a node's own file holds."""
    return Node(**{name: getattr(node, name) for name in Node.model_fields})


def read_plan(path: Path) -> Plan:
    """Read plan.json as it stands. Raises PlanError with every problem."""
    return parse_plan(required_text(path), source=str(path))


def plan_of_reply(text: str) -> Plan:
    """Read the planner's answer. Raises PlanError with every problem."""
    return parse_plan(strip_fence(text), source="the reply")


def plan_text(plan: Plan) -> str:
    """Return plan.json as director writes it."""
    return json.dumps(plan.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def required_text(path: Path) -> str:
    """Return a file's text. Raises ConfigError if it is missing or empty."""
    text = read_text(path)
    if text is None or not text.strip():
        raise ConfigError(f"'{path}' is missing or empty", hint="write it, or delete it to have it made again")
    return text


def _kept(job: Job, document: Path) -> bool:
    """Leave a document alone that the user wrote or edited."""
    if not is_hand_edited(job.directory, document):
        return False
    job.note(f"{document.name} has your edits and is kept", hint=f"delete {document} to have it written anew")
    return True


def _some_text(text: str) -> str:
    if not text.strip():
        raise ReplyError("the reply is empty")
    return text.strip() + "\n"
