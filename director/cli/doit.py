"""doit's own commands on the job's graph, with the arguments read and the mistakes told as in every other command."""

import argparse
from typing import Any

from doit.cmd_base import DoitCmdBase, NamespaceTaskLoader
from doit.exceptions import InvalidCommand

from director.cli.opening import add_place, open_graph
from director.core.errors import ConfigError, ExitCode
from director.job.lock import hold
from director.tasks.checker import ContentChecker
from director.tasks.control import control_of, database, find_tasks
from director.tasks.graph import Graph

_LEFT_OUT = ("template",)
"""Options of doit's that answer a mistake with a traceback."""
_BACKENDS = {"BACKEND": {"director": "director.tasks.journal:Journal"}}


class GraphLoader(NamespaceTaskLoader):  # type: ignore[misc]
    """Gives doit the tasks of a graph."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.namespace = {"graph": graph, "DOIT_CONFIG": doit_config(graph)}


def doit_config(graph: Graph) -> dict[str, Any]:
    """Return how doit keeps its database for a graph."""
    return {
        "dep_file": str(graph.job.directory.database),
        "backend": "director",
        "check_file_uptodate": ContentChecker,
        "default_tasks": ["integrate"] if graph.job.directory.plan.exists() else ["decompose"],
        "verbosity": 2,
    }


def configure_doit(parser: argparse.ArgumentParser, command: type[DoitCmdBase], *, tasks: str | int) -> None:
    """Describe the arguments of one of doit's commands; `tasks` is how many it takes, as argparse says it."""
    parser.add_argument("tasks", nargs=tasks, metavar="TASK", help="such as run:NODE")
    for option in _options(command):
        _add_option(parser, option)
    add_place(parser)


def _options(command: type[DoitCmdBase]) -> list[dict[str, Any]]:
    return [option for option in command.cmd_options if option["name"] not in _LEFT_OUT]


def _add_option(parser: argparse.ArgumentParser, option: dict[str, Any]) -> None:
    flags = [f"-{option['short']}"] if option.get("short") else []
    default = option["default"]
    described = " ".join(option["help"].split()) % {"default": default}
    how: dict[str, Any] = {"action": "store_true"} if option["type"] is bool else {"default": default}
    if choices := option.get("choices"):
        how["choices"] = [name for name, _ in choices]
    parser.add_argument(*flags, f"--{option['long']}", dest=option["name"], help=described, **how)


def run_doit(command_class: type[DoitCmdBase], args: argparse.Namespace) -> ExitCode:
    """Run one of doit's commands that only reads."""
    graph = open_graph(args)
    tasks = find_tasks(control_of(graph), args.tasks) if args.tasks else []
    command = command_class(task_loader=GraphLoader(graph), config=_BACKENDS, bin_name="director")
    values, _ = command.cmdparser.parse([])
    values.update((option["name"], getattr(args, option["name"])) for option in _options(command_class))
    try:
        with database(graph) as command.dep_manager:
            return ExitCode.FAILED if command.execute(values, tasks) else ExitCode.DONE
    except InvalidCommand as error:
        raise ConfigError(str(error).partition("\n")[0]) from error


def run_doit_alone(command_class: type[DoitCmdBase], args: argparse.Namespace) -> ExitCode:
    """Run one of doit's commands that writes to its database, while no other director does."""
    with hold(open_graph(args).job.directory):
        return run_doit(command_class, args)
