"""From the task to the plan: recon.md, spec.md, plan.json and the slices of the nodes."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from director.artifacts.attempts import history
from director.artifacts.documents import changed_sources, is_hand_edited, write_document
from director.artifacts.files import read_remade, read_text
from director.core.attempts import Outcome
from director.core.digests import digest
from director.core.errors import ConfigError, PlanError, ReplyError
from director.core.plan.node import Plan, PlannedNode, Slice
from director.core.plan.replanning import keep_words
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


@dataclass(frozen=True)
class Making:
    """How a document is made."""

    document: Path
    task: str
    role: Role
    sources: Mapping[Path, str]
    """The files that it is made from, as they were read."""
    also: tuple[str, ...] = ()
    """What else it is made from."""

    @property
    def inputs(self) -> str:
        """Digest of everything that it is made from."""
        return digest([self.task, *self.sources.values(), *self.also])


def write_recon(job: Job) -> None:
    """Have the explorer read the repository at the job's base."""
    base, sources = base_of(job), _sources(job.directory.task)

    def prompt(_: str) -> str:
        return render(
            "recon",
            job.directory.overrides,
            task=sources[job.directory.task],
            listing=show_listing(job.repository.files(base), limit=_LISTED_FILES),
            guidance=guidance(job, base),
        )

    making = Making(job.directory.recon, "recon", Role.EXPLORER, sources, also=(base,))
    _write(job, making, prompt, _some_text)


def write_spec(job: Job) -> None:
    """Have the task turned into a specification; of one that was made before, only what the task changes is changed."""
    spec, sources = job.directory.spec, _sources(job.directory.task, job.directory.recon)
    task, recon = sources.values()
    previous = read_text(spec) or ""

    def prompt(_: str) -> str:
        changed = changed_sources(job.directory, spec, {job.directory.task: task})
        return render("spec", job.directory.overrides, task=task, recon=recon, previous=previous, changed=changed)

    _write(job, Making(spec, "spec", Role.BRAINSTORM, sources), prompt, _some_text)


def write_plan(job: Job) -> None:
    """Have the specification decomposed into a plan that has no problems.

    Where there is a plan already, the smallest change of it is asked for, and what did not change keeps its words. If
    it was deleted, what has landed of it is the plan until now.
    """
    plan, sources = job.directory.plan, _sources(job.directory.spec, *_explored(job))
    spec, recon = sources[job.directory.spec], sources.get(job.directory.recon, "")
    landed = _landed_nodes(job)
    previous = read_text(plan) or _plan_of(job, landed)
    old = usable_plan(previous)

    def prompt(feedback: str) -> str:
        values = {
            "previous": previous,
            "changed": changed_sources(job.directory, plan, sources),
            "landed": [node.id for node in old.nodes if node.id in landed],
            "guidance": guidance(job, base_of(job)),
            "feedback": feedback,
        }
        return render("decompose", job.directory.overrides, spec=spec, recon=recon, **values)

    def accept(reply: str) -> str:
        return plan_text(keep_words(plan_of_reply(reply), old))

    _write(job, Making(plan, "decompose", Role.PLANNER, sources), prompt, accept)


def _sources(*paths: Path) -> dict[Path, str]:
    return {path: required_text(path) for path in paths}


def _explored(job: Job) -> list[Path]:
    """Return what the explorer wrote; nothing where the specification is given, for then nobody has explored."""
    return [] if job.directory.source.exists() else [job.directory.recon]


def _landed_nodes(job: Job) -> list[str]:
    landed = (entry.task.partition(":") for entry in job.landed())
    return sorted({name for kind, _, name in landed if kind == "run"})


def _plan_of(job: Job, names: Sequence[str]) -> str:
    """Return the plan of some nodes as their slices tell it; nothing where there is none."""
    found = (read_remade(job.directory.node(name), Slice) for name in names)
    nodes = [PlannedNode.model_validate(node.model_dump(exclude={"version"})) for node in found if node]
    return plan_text(Plan(nodes=tuple(nodes))) if nodes else ""


def _write(job: Job, making: Making, prompt: Callable[[str], str], accept: Callable[[str], str]) -> None:
    """Write a document, unless it has the user's edits or was made from the very same inputs."""
    document = making.document
    if is_hand_edited(job.directory, document):
        job.note(f"{document.name} has your edits and is kept", hint=f"delete {document} to have it written anew")
        return
    made = history(job.directory, making.task)
    if document.exists() and made and made[-1].inputs == making.inputs and made[-1].outcome is Outcome.PASSED:
        return

    def keep(reply: str) -> None:
        write_document(job.directory, document, accept(reply), sources=making.sources)

    converse(job, task=making.task, role=making.role, inputs=making.inputs, prompt=prompt, accept=keep)


def plan_of_reply(text: str) -> Plan:
    """Read the planner's answer. Raises PlanError with every problem."""
    return parse_plan(strip_fence(text), source="the reply")


def usable_plan(text: str) -> Plan:
    """Read an earlier plan; one that cannot be built any more counts as none."""
    try:
        return parse_plan(text, source="the plan until now")
    except PlanError:
        return Plan()


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
