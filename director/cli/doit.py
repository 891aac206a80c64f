"""doit's own commands on the job's graph."""

import argparse
import os
from typing import Any

from doit.cmd_base import NamespaceTaskLoader
from doit.doit_cmd import DoitMain

from director.cli.opening import add_place, open_graph
from director.core.errors import ExitCode
from director.job.lock import hold
from director.tasks.checker import ContentChecker
from director.tasks.graph import Graph

_WRITING = ("forget", "ignore", "reset-dep")


class GraphLoader(NamespaceTaskLoader):  # type: ignore[misc]
    """Gives doit the tasks of a graph."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.namespace = {"graph": graph, "DOIT_CONFIG": doit_config(graph)}


class Doit(DoitMain):  # type: ignore[misc]
    """doit's command line, without its reading of variables and of the repository's own configuration."""

    BIN_NAME = "director"

    def process_args(self, cmd_args: list[str]) -> list[str]:
        """Leave arguments alone: doit would take whatever holds a '=' for a variable."""
        return cmd_args


def doit_config(graph: Graph) -> dict[str, Any]:
    """Return how doit keeps its database for a graph."""
    return {
        "dep_file": str(graph.job.directory.database),
        "backend": "director",
        "check_file_uptodate": ContentChecker,
        "default_tasks": ["integrate"] if graph.job.directory.plan.exists() else ["decompose"],
        "verbosity": 2,
    }


def run_doit(arguments: list[str]) -> ExitCode:
    """Run one of doit's commands."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_place(parser)
    args, rest = parser.parse_known_args(arguments)
    graph = open_graph(args)
    list(graph.create_doit_tasks())  # what is wrong with the plan is said by us, not by doit's traceback
    graph.job.directory.path.mkdir(parents=True, exist_ok=True)
    os.chdir(graph.job.repository.root)
    main = Doit(
        GraphLoader(graph),
        config_filenames=(),
        extra_config={"BACKEND": {"director": "director.tasks.journal:Journal"}},
    )
    if rest[0] in _WRITING:
        with hold(graph.job.directory):
            return _exit_code(main.run(rest))
    return _exit_code(main.run(rest))


def _exit_code(status: int | None) -> ExitCode:
    """doit's 3 means that it could not begin: for us a mistake in the request."""
    return ExitCode.DONE if not status else ExitCode.FAILED if status == 1 else ExitCode.USAGE
