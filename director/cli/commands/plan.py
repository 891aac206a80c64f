"""director plan: from a task to an approved plan with locked tests."""

import argparse
from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_text
from director.artifacts.specs import Given, read_given
from director.cli.beginning import begin, take_task
from director.cli.building import build_and_tell
from director.cli.opening import add_building, add_place, open_job
from director.cli.task import read_task
from director.cli.text import say
from director.core.errors import ConfigError, ExitCode
from director.job.lock import hold
from director.job.surroundings import check_surroundings
from director.stages.approval import approve_by_hand
from director.stages.given import Taken, beside, give_spec, is_the_same

EPILOG = """\
The task starts from the commit at HEAD; uncommitted work is neither used nor touched.
Planning pauses twice for your approval (exit code 4): after spec.md and after plan.json with its tests.

  director plan "add a --json option to the report command"
  director plan --file task.md --auto
  git log -1 --format=%B | director plan -

A specification that you have counts as approved, and nobody is asked to explore or to write one: a Markdown file, a
feature of Spec Kit or a change of OpenSpec. Give it again after it changed.

  director plan --spec specs/001-photo-albums
  director plan --spec notes/cache.md "add the cache"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("task", nargs="*", help="what you want done, in quotes; '-' reads it from standard input")
    parser.add_argument("--file", metavar="FILE", help="read the task from a file; '-' for standard input")
    parser.add_argument("--spec", metavar="PATH", type=Path, help="take a specification instead of having it made")
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
    given = read_given(args.spec, root=job.repository.root) if args.spec else None
    text = _task(args, job.directory, given)
    base = job.repository.commit(args.base or "HEAD")
    check_surroundings(job)
    with hold(job.directory):
        take_task(args, job.repository, job.directory, text)
        if given:
            _give(job.directory, given, quiet=args.quiet)
        begin(args, job.repository, job.directory, base)
        if args.go_on:
            approve_by_hand(job)
    return build_and_tell(args, ["plan"])


def _task(args: argparse.Namespace, directory: JobDirectory, given: Given | None) -> str | None:
    """Return the task that is given, or what a given specification is for; None if the job here has one."""
    text, known = read_task(args.task, args.file, command="plan"), read_text(directory.task)
    if text is None and given:
        return known if known is not None and is_the_same(directory, given) and not args.new else given.title
    if text is None and args.new:
        raise ConfigError("'--new' is for another task", hint='say what you want done: director plan --new "…"')
    if text is None and known is None:
        raise ConfigError("there is no task yet", hint='say what you want done: director plan "…", or --file FILE')
    return text


def _give(directory: JobDirectory, given: Given, *, quiet: bool) -> None:
    taken = give_spec(directory, given)
    match taken:
        case Taken.KEPT:
            say(f"spec.md has your edits and is kept; what you gave is in {beside(directory)}")
        case Taken.NEW | Taken.CHANGED if not quiet:
            say(f"spec.md is made of {given.path}: {', '.join(given.parts)}")
