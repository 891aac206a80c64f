"""director revert: take landed nodes off the job's branch."""

import argparse
from collections.abc import Collection

from director.cli.opening import add_place, add_volume, open_job
from director.cli.planned import planned_nodes
from director.cli.progress import progress_of
from director.cli.text import counted, say
from director.core.errors import ExitCode
from director.core.words import listed, quoted
from director.job.job import Job, silent
from director.job.work import working
from director.stages.reverting import Reversal, find_reversals, revert_nodes, without_node

EPILOG = """\
A commit takes the node's work and its tests off the job's branch again. It lands as every other does: what came later
must not stand on it, and the tests of all other landed nodes must be green without it. Where they are not, nothing is
changed, and it is told which nodes would have to go too. No agent is asked, and nothing of the history is lost.

A node that is still planned is built anew by the next run, its tests first. To be rid of it, take it out of plan.json.

  director revert parser --dry-run
  director revert parser printer
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument(
        "nodes", metavar="NODE", nargs="+", help="the id of a landed node, also of one no longer planned"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would go; run no tests, change nothing")
    add_volume(parser)
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Revert the nodes, those that need others first."""
    job = open_job(args, tell=progress_of(args))
    names = [name.removeprefix("run:") for name in args.nodes]
    if args.dry_run:
        _preview(job, find_reversals(job, names, planned=planned_nodes(job.directory)))
        return ExitCode.DONE
    with working(job):
        planned = planned_nodes(job.directory)
        reversals = find_reversals(job, names, planned=planned)
        ids = {node.id for node in planned}
        revert_nodes(job, reversals, done=silent if args.quiet else lambda reversal: _tell(job, reversal, planned=ids))
    return ExitCode.DONE


def _preview(job: Job, reversals: list[Reversal]) -> None:
    tip = job.tip()
    for reversal in reversals:
        if reversal.is_done:
            say(f"'{reversal.node}' is off {job.identity.branch} already")
            continue
        tip = without_node(job, reversal, tip=tip)
        say(f"'{reversal.node}' would be taken off {job.identity.branch}: {_files(reversal)}")
        say(f"  by the opposite of {counted(len(reversal.commits), 'commit')}: {listed(reversal.commits, limit=20)}")


def _tell(job: Job, reversal: Reversal, *, planned: Collection[str]) -> None:
    if reversal.is_done:
        say(f"'{reversal.node}' is off {job.identity.branch} already")
    else:
        say(f"'{reversal.node}' is taken off {job.identity.branch}: {_files(reversal)}")
    if reversal.node in planned:
        say("it is still planned: 'director run' writes its tests and builds it anew")


def _files(reversal: Reversal) -> str:
    return listed([quoted(path) for path in reversal.files], limit=20)
