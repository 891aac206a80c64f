"""director approve: open the gate that waits, and go on planning."""

import argparse

from director.cli.building import build_and_tell
from director.cli.opening import add_building, add_place, open_job
from director.cli.text import say
from director.core.errors import ConfigError, ExitCode
from director.job.lock import hold
from director.job.surroundings import check_surroundings
from director.stages.approval import approve_by_hand, waiting_for_approval

EPILOG = "An approval is of content: if the file changes afterwards, the gate is closed again."


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--only", action="store_true", help="approve and stop there")
    add_building(parser)
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Approve what waits and go on with the plan."""
    job = open_job(args)
    if not waiting_for_approval(job):
        raise ConfigError("nothing waits for approval", hint="'director pending' shows what there is to do")
    if not args.only:
        check_surroundings(job)
    with hold(job.directory):
        approved = approve_by_hand(job)
    for name in approved if not args.quiet else ():
        say(f"approved {name}")
    return ExitCode.DONE if args.only else build_and_tell(args, ["plan"])
