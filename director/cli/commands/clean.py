"""director clean: worktrees, and refs of attempts that nobody needs any more."""

import argparse

from director.artifacts.files import read_model
from director.cli.opening import add_place, open_job
from director.cli.text import say
from director.core.artifacts import Merged
from director.core.errors import ExitCode
from director.git.slots import remove_tree
from director.job.job import Job
from director.job.lock import hold

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
        prefix = f"refs/director/{job.identity.id}/"
        for ref in job.repository.refs(prefix):
            _clean_ref(job, ref, node=ref.removeprefix(prefix).partition("/")[0], args=args)
        if job.cache.exists():
            say(f"worktrees: {job.cache}")
            if not args.dry_run:
                remove_tree(job.cache)
    return ExitCode.DONE


def _clean_ref(job: Job, ref: str, *, node: str, args: argparse.Namespace) -> None:
    if not args.force and read_model(job.directory.merged(node), Merged) is None:
        say(f"kept: {ref} ('{node}' has not landed; --force deletes it)")
        return
    say(f"ref: {ref}")
    if not args.dry_run:
        job.repository.delete(ref)
