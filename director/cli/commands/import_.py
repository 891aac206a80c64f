"""director import: a plan that was made elsewhere."""

import argparse

from director.artifacts.directory import JobDirectory
from director.cli.beginning import begin, take_task
from director.cli.opening import add_place, open_job
from director.cli.task import read_source, read_task
from director.cli.text import counted, say
from director.core.errors import ExitCode
from director.core.plan.node import Plan
from director.core.plan.validation import parse_plan
from director.job.lock import hold
from director.job.surroundings import check_surroundings
from director.stages.given import give_plan

EPILOG = """\
FILE is a plan.json of director-cli or of 'director export'; '-' reads standard input. The plan becomes your document of
a new job: nobody is asked for a specification or a plan. 'director plan' then has the tests written and seen red, also
those that the plan has hashes of, and waits for your approval.

  director import ../plan.json
  director plan && director approve && director run
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", help="the plan; '-' for standard input")
    parser.add_argument("task", nargs="*", help="what the plan is for, in quotes [the plan's own task]")
    parser.add_argument("--base", metavar="COMMIT", help="start from another commit than HEAD")
    parser.add_argument("--new", action="store_true", help="put an unfinished job aside (nothing is deleted)")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Begin a job with the plan."""
    job = open_job(args)
    plan = parse_plan(read_source(args.file), source=f"'{args.file}'")
    task = read_task(args.task, None, command="import") or plan.task.strip() or f"Build the plan '{args.file}'."
    base = job.repository.commit(args.base or "HEAD")
    check_surroundings(job)
    with hold(job.directory):
        take_task(args, job.repository, job.directory, task)
        is_new = give_plan(job.directory, plan, path=args.file, task=task)
        begin(args, job.repository, job.directory, base)
    if not args.quiet:
        _tell(job.directory, plan, is_new=is_new)
    return ExitCode.DONE


def _tell(directory: JobDirectory, plan: Plan, *, is_new: bool) -> None:
    said = "imported" if is_new else "the job here has this plan already:"
    say(f"{said} {counted(len(plan.nodes), 'node')}: read {directory.plan}, then run 'director plan'")
    if any(node.test_hashes for node in plan.nodes):
        say("hint: the tests that it has hashes of are written anew, for director builds on tests that it has seen red")
