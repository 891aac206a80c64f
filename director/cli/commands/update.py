"""director update: new commits of the base branch."""

import argparse

from director.cli.opening import add_place, add_volume, open_graph
from director.cli.progress import progress_of
from director.cli.text import counted, say
from director.core.errors import ConfigError, ExitCode
from director.core.words import listed
from director.job.job import Job
from director.job.surroundings import check_surroundings
from director.job.work import working
from director.stages.updating import Update, update
from director.tasks.graph import Graph
from director.tasks.pending import pending_tasks

EPILOG = """\
The revision is merged into the job's branch; your checkout and your branches stay as they are. Before the branch moves,
the tests of every landed node run on the combination: nodes that are red there are built again by the next
'director run', and no others. No agent is asked by this command.

  director update                  what your checkout's HEAD has and the job has not
  director update origin/main
  director update --dry-run        test, tell, and move nothing
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("revision", metavar="REVISION", nargs="?", default="HEAD", help="a branch or commit [HEAD]")
    parser.add_argument("--dry-run", action="store_true", help="say what it would break, and move nothing")
    add_volume(parser)
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Merge the revision and say what is stale."""
    graph = open_graph(args, tell=progress_of(args))
    job = graph.job
    if job.directory.arm.exists():
        raise ConfigError("an arm of a bench builds on the commit that was frozen", hint="begin another bench")
    branch = job.identity.branch
    check_surroundings(job)
    with working(job):
        done = update(job, args.revision, dry_run=args.dry_run)
    if done is None:
        say(f"up to date: {branch} holds {args.revision}")
        return ExitCode.DONE
    if not args.quiet:
        _tell(job, done, dry_run=args.dry_run)
        say(_dry(done) if args.dry_run else _next(graph))
    return ExitCode.DONE


def _tell(job: Job, done: Update, *, dry_run: bool) -> None:
    would = "would merge" if dry_run else "merged"
    amount = f"{counted(len(done.commits), 'commit')}, {counted(done.files, 'file')}"
    say(f"{would} {done.revision[:12]} into {job.identity.branch}: {amount}")
    say(f"tested {counted(len(done.tested), 'landed node')}: {len(done.red) or 'none'} red")
    for node, why in done.red.items():
        gone = "" if job.directory.node(node).exists() else "; it is no longer planned, and nobody will mend it"
        say(f"  '{node}': {why}{gone}")
    for node in done.rewritten:
        say(f"  '{node}': its locked tests were changed, and are to be written anew")


def _dry(done: Update) -> str:
    return f"stale after it: {listed(done.undoes, limit=20) or 'no node'}; nothing was moved"


def _next(graph: Graph) -> str:
    stale = [entry.task for entry in pending_tasks(graph) if not entry.task.startswith("gate:")]
    return f"stale: {listed(stale, limit=20)}; 'director run' goes on" if stale else "nothing is stale"
