"""A specification or a plan that a person gives instead of having it made: nobody is asked for what leads to it."""

from enum import StrEnum
from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model, read_text, write_model, write_text
from director.artifacts.specs import Given
from director.core.artifacts import Approval, JobIdentity, Source
from director.core.digests import digest_text
from director.core.errors import ConfigError
from director.core.plan.node import Plan
from director.core.plan.validation import parse_plan
from director.core.specs import SpecKind
from director.job.job import Job
from director.stages.planning import plan_text


class Taken(StrEnum):
    """What became of spec.md when a specification was given."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    KEPT = "kept"
    """It has edits that are not in what was given, which was put beside it."""


def require_given(job: Job) -> None:
    """Raise ConfigError unless the given specification is there: nobody else could write it."""
    if not job.directory.spec.exists():
        source = read_model(job.directory.source, Source)
        place = source.path if source and source.kind is not SpecKind.PLAN else "FILE"
        raise ConfigError(
            f"'{job.directory.spec}' is missing", hint=f"it was given: give it again, director plan --spec '{place}'"
        )


def is_the_same(directory: JobDirectory, given: Given) -> bool:
    """Tell whether the job here was begun from the same file or directory."""
    known = read_model(directory.source, Source)
    return known is not None and (known.kind, known.path) == (given.kind, given.path)


def give_spec(directory: JobDirectory, given: Given) -> Taken:
    """Make a given specification that of the job, approved by whoever gave it; edits made since are never overwritten.

    Raises ConfigError for a job that has another one.
    """
    if read_model(directory.identity, JobIdentity) and not is_the_same(directory, given):
        known = read_model(directory.source, Source)
        said = f"was begun from '{known.path}'" if known else "makes its specification itself"
        raise ConfigError(f"the job here {said}", hint="put it aside with '--new' (nothing is deleted)")
    before = read_text(directory.spec)
    if before not in (None, given.text) and not _is_as_given(directory, before or ""):
        write_text(beside(directory), given.text)
        return Taken.KEPT
    _write(directory, given)
    return Taken.NEW if before is None else Taken.SAME if before == given.text else Taken.CHANGED


def beside(directory: JobDirectory) -> Path:
    """Return where a given specification is put that may not overwrite spec.md."""
    return directory.spec.with_name("spec.given.md")


def give_plan(directory: JobDirectory, plan: Plan, *, path: str, task: str) -> bool:
    """Make a plan that of the job; where there is no specification, its task is one. Return False if it was already.

    Raises ConfigError for a job that has another plan.
    """
    text, known = plan_text(plan), read_text(directory.plan)
    if known is not None and plan_text(parse_plan(known, source=str(directory.plan))) != text:
        raise ConfigError(
            f"'{directory.plan}' holds another plan",
            hint="put the job aside with '--new' (nothing is deleted), or edit the plan: it is your document",
        )
    if not directory.spec.exists():
        said = f"{task.strip()}\n"
        _write(directory, Given(SpecKind.PLAN, path, {path: text}, said, task))
    if known is None:
        write_text(directory.plan, text)
    return known is None


def _is_as_given(directory: JobDirectory, text: str) -> bool:
    known = read_model(directory.source, Source)
    return known is not None and digest_text(text) == known.sha256


def _write(directory: JobDirectory, given: Given) -> None:
    """Write the specification, then where it comes from, then that it is approved."""
    write_text(directory.spec, given.text)
    sha256 = digest_text(given.text)
    parts = {name: digest_text(text) for name, text in given.parts.items()}
    write_model(directory.source, Source(kind=given.kind, path=given.path, parts=parts, sha256=sha256))
    write_model(directory.approved("spec"), Approval(sha256=sha256, by="human"))
    beside(directory).unlink(missing_ok=True)
