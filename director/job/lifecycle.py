"""Begin a job, and put a finished or an unwanted one aside. Nothing is deleted."""

import secrets
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model, read_remade, read_text, write_model, write_text
from director.core.artifacts import GatesRun, JobIdentity
from director.core.errors import ConfigError
from director.git.repository import Repository

_IGNORED = "# written by director: only what is yours is tracked\n*\n!.gitignore\n!config.toml\n"


def begin_job(repository: Repository, directory: JobDirectory, *, base: str = "HEAD") -> JobIdentity:
    """Return the identity of the job here; a new one starts from a commit."""
    known = read_model(directory.identity, JobIdentity)
    if known:
        return known
    commit = repository.commit(base)
    if repository.tip("refs/heads/director"):
        raise ConfigError(
            "the branch 'director' stands where the branches of jobs go, 'director/job-…'",
            hint="rename it: git branch -m director another-name",
        )
    write_ignore_rules(directory.path)
    name = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
    identity = JobIdentity(id=name, base=commit, branch=f"director/job-{name}")
    write_model(directory.identity, identity)
    repository.move(identity.ref, commit, old=None)
    return identity


def write_ignore_rules(job_directory: Path) -> None:
    """Keep git's eyes off the files of a job, unless the user wrote rules of their own."""
    rules = job_directory / ".gitignore"
    if not rules.exists():
        write_text(rules, _IGNORED + "!profiles/\n!profiles/**\n!templates/\n!templates/**\n")


def set_task(repository: Repository, directory: JobDirectory, text: str, *, new: bool) -> bool:
    """Make a text the task of the job here; return whether an earlier job was put aside for it.

    Raises ConfigError for a second task while a job is unfinished, unless `new`.
    """
    text = text.strip() + "\n"
    current = read_text(directory.task)
    if current is not None and current.strip() == text.strip() and not new:
        return False
    archived = False
    if current is not None:
        if not new and not is_finished(repository, directory):
            raise ConfigError(
                f"the job in '{directory.path}' is not finished and has another task",
                hint="finish it with 'director run', or put it aside with 'director plan --new …' (nothing is deleted)",
            )
        archive_job(directory)
        archived = True
    write_ignore_rules(directory.path)
    write_text(directory.task, text)
    return archived


def is_finished(repository: Repository, directory: JobDirectory) -> bool:
    """Tell whether the job's branch stands where it was integrated."""
    identity = read_model(directory.identity, JobIdentity)
    integration = read_remade(directory.integration, GatesRun)
    return bool(identity and integration and repository.tip(identity.ref) == integration.commit)


def archive_job(directory: JobDirectory) -> Path:
    """Move the files of a job aside; its branch and refs stay."""
    target = directory.archive / _name_of(directory)
    while target.exists():
        target = target.with_name(target.name + "-again")
    target.mkdir(parents=True)
    for artifact in reversed(directory.artifacts()):  # job.json goes last: until then, this can be done again
        if artifact.exists():
            shutil.move(artifact, target / artifact.name)
    return target


def _name_of(directory: JobDirectory) -> str:
    """Return the id of a job; of one that cannot be read, such as another version's, the time."""
    with suppress(ConfigError):
        if identity := read_model(directory.identity, JobIdentity):
            return identity.id
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
