"""director clean: worktrees, and refs of attempts that nobody needs any more."""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from director.artifacts.files import read_model
from director.cli.opening import add_place, open_job
from director.cli.text import say
from director.core.artifacts import JobIdentity, Merged
from director.core.errors import ConfigError, ExitCode
from director.git.removal import remove_tree
from director.job.job import Job, worktrees_of
from director.job.lock import hold

Deletion = Callable[[], None]
EPILOG = """\
Worktrees are made again when they are needed. The trees of failed attempts are kept while their node has not landed,
unless --force is given. Branches, artifacts and logs are never deleted.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--force", action="store_true", help="also the trees of nodes that have not landed")
    parser.add_argument("--dry-run", action="store_true", help="say what would go, delete nothing")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Delete what can be made again or is no longer needed."""
    job = open_job(args)
    with hold(job.directory):
        found = [*_old_refs(job, args), *_worktrees(job, args)] if job.directory.identity.exists() else []
        for name, delete in found:
            say(f"{'would delete' if args.dry_run else 'deleted'} {name}")
            if not args.dry_run:
                delete()
    if not found:
        say("there is nothing to delete")
    return ExitCode.DONE


def _old_refs(job: Job, args: argparse.Namespace) -> Iterator[tuple[str, Deletion]]:
    prefix = f"refs/director/{job.identity.id}/"
    for ref in job.repository.refs(prefix):
        node = ref.removeprefix(prefix).partition("/")[0]
        if args.force or read_model(job.directory.merged(node), Merged):
            yield ref, partial(job.repository.delete, ref)
        else:
            say(f"kept {ref}: '{node}' has not landed; --force deletes it")


def _worktrees(job: Job, args: argparse.Namespace) -> Iterator[tuple[str, Deletion]]:
    """Yield the worktrees of the job here and of those that were put aside.

    Those here stay, unless --force is given, while a stopped run has left answers in them.
    """
    here = [job.directory.identity]
    if any(job.directory.calls.glob("*.json")) and not args.force:
        say("kept the worktrees of the job: 'director run' takes over what agents left in them; --force deletes them")
        here = []
    for path in (*here, *sorted(job.directory.archive.glob("*/job.json"))):
        identity = _readable(path)
        if identity and (place := worktrees_of(identity.id)).exists():
            yield f"the worktrees in {place}", partial(remove_tree, place)


def _readable(path: Path) -> JobIdentity | None:
    """Return who a job is; another version's stays as it is."""
    try:
        return read_model(path, JobIdentity)
    except ConfigError:
        return None
