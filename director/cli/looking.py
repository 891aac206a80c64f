"""Look at a job that may be at work: how it stands, and whether that has changed."""

import argparse

from director.artifacts.files import read_model
from director.artifacts.plans import read_plan
from director.cli.opening import open_directory, open_graph
from director.core.artifacts import JobIdentity
from director.core.plan.node import Plan
from director.git.observed import ObservedRepository
from director.job.leftovers import find_leftovers
from director.report.revision import revision_of
from director.report.status import JobStatus, job_status
from director.tasks.graph import Graph
from director.tasks.pending import pending_tasks


def read_status(graph: Graph) -> JobStatus:
    """Return how a job stands; before there is one its name is empty."""
    directory = graph.job.directory
    identity = read_model(directory.identity, JobIdentity)
    job, branch = (identity.id, identity.branch) if identity else ("", "")
    pending, plan = [entry.task for entry in pending_tasks(graph)], plan_of(graph)
    leftovers = find_leftovers(graph.job, plan.nodes) if identity else []
    return job_status(directory, job=job, branch=branch, plan=plan, pending=pending, leftovers=leftovers)


class Observer:
    """Looks at a job again and again. It is opened anew each time: it may have been planned or put aside meanwhile."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._repository = ObservedRepository.open(args.repo.resolve())
        self.directory = open_directory(args, self._repository)

    def revision(self) -> str:
        """Return what is another text as soon as the job has changed."""
        return revision_of(self.directory)

    def graph(self) -> Graph:
        """Open the job as it is now."""
        return open_graph(self._args, repository=self._repository)


def plan_of(graph: Graph) -> Plan:
    """Return the plan of a job; an empty one where there is none yet."""
    path = graph.job.directory.plan
    return read_plan(path) if path.exists() else Plan()
