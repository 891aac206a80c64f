"""Begin a job at a commit, and say so: what plan and import have in common."""

import argparse

from director.artifacts.directory import JobDirectory
from director.cli.text import say
from director.core.errors import ConfigError
from director.git.repository import Repository
from director.job.lifecycle import begin_job, set_task


def take_task(args: argparse.Namespace, repository: Repository, directory: JobDirectory, text: str | None) -> None:
    """Set the task, if there is one; an earlier job may be put aside for it."""
    if text is not None and set_task(repository, directory, text, new=args.new) and not args.quiet:
        say(f"the earlier job is kept in {directory.archive}")


def begin(args: argparse.Namespace, repository: Repository, directory: JobDirectory, base: str) -> None:
    """Begin the job if it has not begun. Raises ConfigError if it began at another commit than is asked for."""
    is_new = not directory.identity.exists()
    identity = begin_job(repository, directory, base=base)
    if args.base and identity.base != base:
        raise ConfigError(
            f"the job here started from {identity.base[:12]}, not from '{args.base}'",
            hint="use --new to start another job; the one here is put aside, nothing is deleted",
        )
    if is_new and not args.quiet:
        say(f"job {identity.id} starts from {base[:12]} and builds the branch {identity.branch}")
        if repository.has_uncommitted_work():
            say("hint: the checkout has uncommitted work; the job does not see it and does not touch it")
