"""What plan, run and approve have in common: build, then say what to do next."""

import argparse
from collections.abc import Sequence

from director.artifacts.files import read_model
from director.cli.opening import open_graph
from director.cli.progress import progress_of
from director.cli.text import counted, say
from director.core.artifacts import GatesRun
from director.core.errors import ExitCode
from director.job.job import Job
from director.tasks.graph import Graph
from director.tasks.pending import pending_tasks
from director.tasks.settled import is_settled


def build_and_tell(args: argparse.Namespace, targets: Sequence[str]) -> ExitCode:
    """Build targets, showing progress, and tell what a person can do with the result."""
    progress = progress_of(args)
    graph = open_graph(args, tell=progress)
    if is_settled(graph, targets):
        if not args.quiet:
            say(_result(graph.job, targets))
        return ExitCode.DONE
    from director.tasks.build import BuildOptions, build  # noqa: PLC0415 (what only a build needs is half of all imports)

    options = BuildOptions(parallel=args.parallel, fail_fast=args.fail_fast)
    code = build(graph, targets, reporter=progress, options=options)
    match code:
        case ExitCode.DONE if not args.quiet:
            say(next_step(graph, targets))
        case ExitCode.LIMIT:
            say(f"stopped at a limit; {spent(graph.job)} so far; finished work is kept")
        case ExitCode.INTERRUPTED:
            say("stopped; finished work is kept, and the same command goes on from here")
        case ExitCode.BUG:
            say("this is a bug in director or in a backend: please report it with the lines above")
    return code


def next_step(graph: Graph, targets: Sequence[str]) -> str:
    """Return what a person can do after a build that went well."""
    if left := pending_tasks(graph, tuple(targets)):
        return f"still pending: {counted(len(left), 'task')}; 'director pending' says why"
    return _result(graph.job, targets)


def _result(job: Job, targets: Sequence[str]) -> str:
    if "plan" in targets:
        return f"planned for {spent(job)}: read {job.directory.plan}, then run 'director run'"
    integrated = read_model(job.directory.integration, GatesRun)
    if integrated and integrated.commit == job.tip():
        return f"{job.identity.branch} is green, {spent(job)}: take it with 'git merge {job.identity.branch}'"
    return f"up to date: {', '.join(targets)}"


def spent(job: Job) -> str:
    """Return what the job has cost."""
    unknown = job.ledger.unpriced
    more = f" and {counted(unknown, 'call')} of unknown price" if unknown else ""
    return f"${job.ledger.spent:.4f}{more}"
