"""The whole of a job as a page, and as what the page is made from."""

from director.artifacts.files import read_model
from director.cli.looking import Observer, plan_of
from director.cli.opening import START
from director.cli.text import moment
from director.core.artifacts import JobIdentity
from director.core.errors import ConfigError, DirectorError
from director.report.html import notice_page, report_page
from director.report.live import Live, live_of
from director.report.model import Report
from director.report.reading import read_report
from director.tasks.graph import Graph, refusal_of
from director.tasks.pending import needs_of, pending_tasks


def read_whole(graph: Graph) -> Report:
    """Return everything that there is to show of a job. Raises ConfigError where there is none."""
    directory = graph.job.directory
    if read_model(directory.identity, JobIdentity) is None:
        hint = "go on with: director plan" if directory.task.exists() else START
        raise ConfigError("there is no job here yet", hint=hint)
    pending = [entry.task for entry in pending_tasks(graph)]
    return read_report(graph.job, plan=plan_of(graph), pending=pending, needs=needs_of(graph))


def page_of(observer: Observer) -> str:
    """Return the page of a job as it is now, or one that says why there is none."""
    revision = observer.revision()
    try:
        graph = observer.graph()
        report = read_whole(graph)
        return report_page(report, made=moment(), live=live_of(graph.job, report.status, revision=revision))
    except DirectorError as error:
        return _notice(error, revision)
    except OSError as error:
        return _notice(refusal_of(error, place="a file of the job"), revision)


def _notice(error: DirectorError, revision: str) -> str:
    title, _, text = error.message.partition("\n")
    return notice_page(_sentence(title), text, hint=_sentence(error.hint), live=Live(revision=revision))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
