"""What plan, run and approve have in common: build, then say what to do next."""

import argparse
from collections.abc import Sequence

from director.artifacts.files import read_model
from director.cli.opening import open_graph, progress_of
from director.cli.text import say
from director.core.artifacts import GatesRun
from director.core.errors import ExitCode
from director.job.job import Job
from director.tasks.build import BuildOptions, build


def build_and_tell(args: argparse.Namespace, targets: Sequence[str]) -> ExitCode:
    """Build targets, showing progress, and tell what a person can do with the result."""
    progress = progress_of(args)
    graph = open_graph(args, tell=progress)
    options = BuildOptions(parallel=args.parallel, fail_fast=args.fail_fast)
    code = build(graph, targets, reporter=progress, options=options)
    if code is ExitCode.DONE and not args.quiet:
        for line in next_steps(graph.job, targets):
            say(line)
    if code is ExitCode.LIMIT:
        say(f"stopped at the cost ceiling; {spent(graph.job)} so far; finished work is kept")
    return code


def next_steps(job: Job, targets: Sequence[str]) -> list[str]:
    """Return what a person can do after a build that went well."""
    integrated = read_model(job.directory.integration, GatesRun)
    if "plan" in targets:
        return [f"planned for {spent(job)}: read {job.directory.plan}, then run 'director run'"]
    if integrated and integrated.commit == job.tip():
        return [f"{job.identity.branch} is green, {spent(job)}: take it with 'git merge {job.identity.branch}'"]
    return [f"up to date: {', '.join(targets)}"]


def spent(job: Job) -> str:
    """Return what the job has cost."""
    unknown = job.ledger.unpriced
    more = f" and {unknown} calls of unknown price" if unknown else ""
    return f"${job.ledger.spent:.4f}{more}"
