"""The gates of planning: what may be built on is approved by its content."""

from pathlib import Path

from director.artifacts.attempts import Answered, numbered
from director.artifacts.documents import is_hand_edited, write_document
from director.artifacts.files import read_remade, write_model, write_text
from director.artifacts.plans import read_plan
from director.core.artifacts import Approval
from director.core.attempts import Attempt, Outcome
from director.core.digests import digest, digest_text
from director.core.errors import Paused, ReplyError
from director.core.replies import Critique, Verdict, parse_reply
from director.core.roles import Role
from director.job.job import Approvals, Job
from director.prompts.render import render
from director.stages.conversation import converse
from director.stages.planning import plan_of_reply, plan_text, required_text

GATED = ("spec", "plan")


def document_of(job: Job, name: str) -> Path:
    """Return the document behind a gate: `spec` or `plan`."""
    return {"spec": job.directory.spec, "plan": job.directory.plan}[name]


def is_open(job: Job, name: str) -> bool:
    """Tell whether a document is approved as it stands."""
    return approval_of(job, name) is not None


def approval_of(job: Job, name: str) -> Approval | None:
    """Return the approval of a document as it stands."""
    approval = read_remade(job.directory.approved(name), Approval)
    text = required_text(document_of(job, name))
    return approval if approval and approval.sha256 == digest_text(text) else None


def approve_edit(job: Job, name: str, approval: Approval) -> None:
    """Let an approval hold for a document after a change that a person asked for: who approved the rest stays."""
    _approve(job, name, required_text(document_of(job, name)), by=approval.by)


def pass_gate(job: Job, name: str) -> None:
    """Approve a document in the way the job approves, or raise Paused for a person."""
    if is_open(job, name):
        return
    match job.approvals:
        case Approvals.HUMAN:
            raise _wait(job, name)
        case Approvals.CRITIQUE:
            _criticise(job, name)
        case Approvals.AUTO:
            _approve(job, name, required_text(document_of(job, name)), by="auto")


def waiting_for_approval(job: Job) -> list[str]:
    """Return the names of what waits for a person. Raises PlanError for a plan that cannot be built."""
    waiting = [name for name in GATED if document_of(job, name).exists() and not is_open(job, name)]
    if "plan" in waiting:
        read_plan(job.directory.plan)
    return waiting


def approve_by_hand(job: Job) -> list[str]:
    """Approve what waits for a person; return the names of what was approved."""
    waiting = waiting_for_approval(job)
    for name in waiting:
        _approve(job, name, required_text(document_of(job, name)), by="human")
    return waiting


def _approve(job: Job, name: str, text: str, *, by: str) -> None:
    write_model(job.directory.approved(name), Approval.model_validate({"sha256": digest_text(text), "by": by}))


def _wait(job: Job, name: str) -> Paused:
    document = document_of(job, name)
    also = f" and the tests on {job.identity.branch}" if name == "plan" else ""
    return Paused(
        f"{document.name} waits for your approval",
        hint=f"read {document}{also}, edit it if you like, then run 'director approve'",
    )


def _criticise(job: Job, name: str) -> None:
    text = required_text(document_of(job, name))
    if _is_criticised(job, name, text):
        _approve(job, name, text, by="critique")
    else:
        _ask_for_critique(job, name, text)


def _is_criticised(job: Job, name: str, text: str) -> bool:
    """Tell whether the last critique let this very text pass, or is where it comes from."""
    made = numbered(job.directory, f"gate:{name}")
    answered = read_remade(made[-1] / "reply.json", Answered) if made else None
    outcome = read_remade(made[-1] / "outcome.json", Attempt) if made else None
    if not answered or not outcome or outcome.outcome is not Outcome.PASSED:
        return False
    critique = parse_reply(answered.reply.text, Critique)
    if critique.verdict is Verdict.REVISE:
        return _revision(name, critique) == text
    return outcome.inputs == _made_from(job, name, text)


def _ask_for_critique(job: Job, name: str, text: str) -> None:
    task, spec = _asked_for(job, name)
    kind = {"spec": "specification", "plan": "plan"}[name]

    def prompt(feedback: str) -> str:
        values = {"task": task, "spec": spec, "document": text, "feedback": feedback}
        return render("critique", job.directory.overrides, kind=kind, name=name, **values)

    def accept(reply: str) -> None:
        critique = parse_reply(reply, Critique)
        revised = _revision(name, critique) if critique.verdict is Verdict.REVISE else None
        for problem in critique.problems:
            job.note(f"{document_of(job, name).name}: {problem}", task=gate)
        if revised is None:
            _approve(job, name, text, by="critique")
        else:
            _revise(job, name, text, revised)

    gate = f"gate:{name}"
    converse(job, task=gate, role=Role.PLANNER, inputs=_made_from(job, name, text), prompt=prompt, accept=accept)


def _asked_for(job: Job, name: str) -> tuple[str, str]:
    """Return what a document is held against: the task, and for the plan the specification."""
    return required_text(job.directory.task), required_text(job.directory.spec) if name == "plan" else ""


def _made_from(job: Job, name: str, text: str) -> str:
    return digest([f"gate:{name}", *_asked_for(job, name), text])


def _revision(name: str, critique: Critique) -> str:
    """Return a revised document as it is written. Raises ReplyError or PlanError for one that cannot be used."""
    if not critique.revised.strip():
        raise ReplyError("the verdict is 'revise', but 'revised' is empty")
    return plan_text(plan_of_reply(critique.revised)) if name == "plan" else critique.revised.strip() + "\n"


def _revise(job: Job, name: str, before: str, text: str) -> None:
    """Approve a revision and write it, unless the user's own words stand there: then it is put beside them."""
    document = document_of(job, name)
    if is_hand_edited(job.directory, document) or required_text(document) != before:
        beside = document.with_name(f"{document.stem}.revised{document.suffix}")
        write_text(beside, text)
        raise Paused(
            f"the critique asks for changes in {document.name}, which has your edits",
            hint=f"its version is in {beside}; take over what you like, then run 'director approve'",
        )
    _approve(job, name, text, by="critique")
    write_document(job.directory, document, text)
