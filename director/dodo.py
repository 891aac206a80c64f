"""What a repository's two-line dodo.py loads, so that plain `doit` builds the same graph.

from director.dodo import load
DOIT_CONFIG, graph = load(__file__)
"""

import argparse
from pathlib import Path
from typing import Any

from doit.exceptions import InvalidDodoFile

from director.cli.doit import doit_config
from director.cli.opening import open_graph
from director.cli.progress import Progress
from director.core.errors import DirectorError
from director.tasks.graph import Graph


def load(dodo_file: str) -> tuple[dict[str, Any], Graph]:
    """Return doit's configuration and the graph of the job beside a dodo.py.

    Raises doit's InvalidDodoFile, which doit prints without a traceback.
    """
    progress = Progress()
    place = argparse.Namespace(repo=Path(dodo_file).resolve().parent, dir=None, profile=None)
    try:
        graph = open_graph(place, tell=progress)
        list(graph.create_doit_tasks())
    except DirectorError as error:
        raise InvalidDodoFile(str(error)) from error
    graph.job.directory.path.mkdir(parents=True, exist_ok=True)
    return doit_config(graph) | {"reporter": progress}, graph
