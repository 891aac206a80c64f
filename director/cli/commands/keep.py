"""director keep: what a node left behind that is no longer planned is wanted."""

import argparse

from director.cli.opening import add_place, open_job
from director.cli.planned import planned_nodes
from director.cli.text import say
from director.core.errors import ConfigError, ExitCode
from director.core.words import listed
from director.job.leftovers import find_leftovers, keep_leftover
from director.job.lock import hold

EPILOG = """\
The work of a node that landed and then left the plan stays on the job's branch. 'director status' tells of it until you
say what you want: to keep it, or to have it taken off by 'director revert NODE'. It can be reverted later as well.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("nodes", metavar="NODE", nargs="+", help="the id of a node that is no longer planned")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Write down that what the nodes left is wanted."""
    job = open_job(args)
    with hold(job.directory):
        left = {leftover.node: leftover for leftover in find_leftovers(job, planned_nodes(job.directory))}
        for name in args.nodes:
            if name not in left:
                hint = f"told of are {listed(list(left), limit=20)}" if left else "there is nothing to decide"
                raise ConfigError(f"'{name}' left nothing behind that waits for a word", hint=hint)
        for name in dict.fromkeys(args.nodes):
            keep_leftover(job, left[name])
            say(f"what '{name}' left behind is kept")
    return ExitCode.DONE
