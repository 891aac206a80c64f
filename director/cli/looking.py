"""Look at a job that may be at work: what status, report and ui show of it, and how it is looked at again and again."""

import argparse

from director.artifacts.files import read_model
from director.cli.opening import START, open_directory, open_graph
from director.cli.text import moment
from director.core.artifacts import JobIdentity
from director.core.errors import ConfigError, DirectorError
from director.core.plan.node import Plan
from director.git.observed import ObservedRepository
from director.report.html import notice_page, report_page
from director.report.live import Live, live_of, revision_of
from director.report.model import Report
from director.report.reading import read_report
from director.report.status import JobStatus, job_status
from director.stages.leftovers import find_leftovers
from director.stages.planning import read_plan
from director.tasks.graph import Graph, refusal_of
from director.tasks.pending import needs_of, pending_tasks


def read_status(graph: Graph) -> JobStatus:
    """Return how a job stands; before there is one its name is empty."""
    directory = graph.job.directory
    identity = read_model(directory.identity, JobIdentity)
    job, branch = (identity.id, identity.branch) if identity else ("", "")
    pending, plan = [entry.task for entry in pending_tasks(graph)], _plan(graph)
    leftovers = find_leftovers(graph.job, plan.nodes) if identity else []
    return job_status(directory, job=job, branch=branch, plan=plan, pending=pending, leftovers=leftovers)


def read_whole(graph: Graph) -> Report:
    """Return everything that there is to show of a job. Raises ConfigError where there is none."""
    directory = graph.job.directory
    if read_model(directory.identity, JobIdentity) is None:
        hint = "go on with: director plan" if directory.task.exists() else START
        raise ConfigError("there is no job here yet", hint=hint)
    pending = [entry.task for entry in pending_tasks(graph)]
    return read_report(graph.job, plan=_plan(graph), pending=pending, needs=needs_of(graph))


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

    def page(self) -> str:
        """Return the page of the job as it is now, or one that says why there is none."""
        revision = self.revision()
        try:
            return self._report(revision)
        except DirectorError as error:
            return _notice(error, revision)
        except OSError as error:
            return _notice(refusal_of(error, place="a file of the job"), revision)

    def _report(self, revision: str) -> str:
        graph = self.graph()
        report = read_whole(graph)
        return report_page(report, made=moment(), live=live_of(graph.job, report.status, revision=revision))


def _notice(error: DirectorError, revision: str) -> str:
    title, _, text = error.message.partition("\n")
    return notice_page(_sentence(title), text, hint=_sentence(error.hint), live=Live(revision=revision))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _plan(graph: Graph) -> Plan:
    path = graph.job.directory.plan
    return read_plan(path) if path.exists() else Plan()
