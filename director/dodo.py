"""What a repository's two-line dodo.py loads, so that plain `doit` builds the same graph.

from director.dodo import load
DOIT_CONFIG, graph = load(__file__)
"""

import argparse
from pathlib import Path
from typing import Any

from director.cli.doit import doit_config
from director.cli.opening import open_graph
from director.cli.progress import Progress
from director.cli.text import complain
from director.core.errors import DirectorError
from director.tasks.graph import Graph


def load(dodo_file: str) -> tuple[dict[str, Any], Graph]:
    """Return doit's configuration and the graph of the job beside a dodo.py.

    Where there is none that can be built, the cause is said and doit ends with the exit code that director has for it.
    """
    progress = Progress()
    place = argparse.Namespace(repo=Path(dodo_file).resolve().parent, dir=None, profile=None)
    try:
        graph = open_graph(place, tell=progress)
        list(graph.create_doit_tasks())
    except DirectorError as error:
        complain(error)
        raise SystemExit(int(error.exit_code)) from error
    graph.job.directory.path.mkdir(parents=True, exist_ok=True)
    return doit_config(graph) | {"reporter": progress}, graph
