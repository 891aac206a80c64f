"""Whether a build would find nothing to do."""

from collections.abc import Sequence

from director.tasks.graph import Graph
from director.tasks.pending import is_up_to_date


def is_settled(graph: Graph, targets: Sequence[str]) -> bool:
    """Tell whether a build would do nothing: then nothing need be held, started or made ready for one.

    There is something to do as well where a killed run left its traces, or calls are recorded. While another director
    holds the job, nothing is settled.
    """
    job, directory = graph.job, graph.job.directory
    is_planned = all(path.exists() for path in (directory.task, directory.identity, directory.plan))
    is_left = directory.holder.exists() or any(directory.calls.glob("*.json"))
    return is_planned and not is_left and job.record is None and is_up_to_date(graph, tuple(targets))
