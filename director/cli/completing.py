"""Completion of commands, options, tasks and nodes, for argcomplete."""

import argparse
from pathlib import Path

import argcomplete

from director.artifacts.directory import JobDirectory
from director.cli.opening import DEFAULT_DIRECTORY
from director.cli.words import COMMANDS, DOIT_COMMANDS

_STAGES = ("recon", "spec", "decompose", "plan", "integrate")


def complete() -> None:
    """Answer the shell and exit."""
    parser = argparse.ArgumentParser(prog="director")
    words = parser.add_subparsers(dest="command")
    for name, command in COMMANDS.items():
        own = words.add_parser(name, help=command.help)
        command.module().configure(own)
        for action in own._actions:
            if action.metavar in ("TASK", "NODE"):
                action.completer = _names(action.metavar)  # type: ignore[attr-defined]
    for name in (*DOIT_COMMANDS, *task_names()):
        words.add_parser(name)
    argcomplete.autocomplete(parser)


def _names(metavar: str) -> object:
    return lambda **_: task_names() if metavar == "TASK" else node_names()


def task_names() -> list[str]:
    """Return the tasks of the job in the working directory."""
    return [*_STAGES, *(f"{group}:{name}" for group in ("tests", "run") for name in node_names())]


def node_names() -> list[str]:
    """Return the ids of the nodes of the job in the working directory."""
    for place in (Path.cwd(), *Path.cwd().parents):
        nodes = JobDirectory(place / DEFAULT_DIRECTORY).nodes
        if nodes.is_dir():
            return sorted(path.stem for path in nodes.glob("*.json"))
    return []
