"""director plan: from a task to an approved plan with locked tests."""

import argparse

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_text
from director.cli.building import build_and_tell
from director.cli.opening import add_building, add_place, open_job
from director.cli.task import read_task
from director.cli.text import say
from director.core.errors import ConfigError, ExitCode
from director.git.repository import Repository
from director.job.lifecycle import begin_job, set_task
from director.job.lock import hold
from director.job.surroundings import check_surroundings
from director.stages.approval import approve_by_hand

EPILOG = """\
The task starts from the commit at HEAD; uncommitted work is neither used nor touched.
Planning pauses twice for your approval (exit code 4): after spec.md and after plan.json with its tests.

  director plan "add a --json option to the report command"
  director plan --file task.md --auto
  git log -1 --format=%B | director plan -
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("task", nargs="*", help="what you want done, in quotes; '-' reads it from standard input")
    parser.add_argument("--file", metavar="FILE", help="read the task from a file; '-' for standard input")
    parser.add_argument("--base", metavar="COMMIT", help="start from another commit than HEAD")
    parser.add_argument("--new", action="store_true", help="put an unfinished job aside (nothing is deleted)")
    parser.add_argument(
        "--continue", dest="go_on", action="store_true", help="approve what waits, as 'director approve' does"
    )
    add_building(parser)
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Set the task, begin the job, and build the plan."""
    job = open_job(args)
    text = read_task(args.task, args.file, command="plan")
    if text is None and args.new:
        raise ConfigError("'--new' is for another task", hint='say what you want done: director plan --new "…"')
    base = job.repository.commit(args.base or "HEAD")
    if text is None and read_text(job.directory.task) is None:
        raise ConfigError("there is no task yet", hint='say what you want done: director plan "…", or --file FILE')
    check_surroundings(job)
    with hold(job.directory):
        _begin(args, job.repository, job.directory, text, base)
        if args.go_on:
            approve_by_hand(job)
    return build_and_tell(args, ["plan"])


def _begin(
    args: argparse.Namespace, repository: Repository, directory: JobDirectory, text: str | None, base: str
) -> None:
    if text is not None and set_task(repository, directory, text, new=args.new) and not args.quiet:
        say(f"the earlier job is kept in {directory.archive}")
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
