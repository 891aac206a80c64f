"""Completion of commands, options, tasks and nodes, for argcomplete."""

import argparse
import os
from collections.abc import Callable

import argcomplete

from director.cli.place import backend_names, node_names, task_names
from director.cli.words import COMMANDS, Command

_NAMES = {"TASK": task_names, "NODE": node_names, "BACKEND": backend_names}


def complete() -> None:
    """Answer the shell and exit."""
    parser = argparse.ArgumentParser(prog="director")
    words = parser.add_subparsers()
    known = dict.fromkeys(task_names(), COMMANDS["run"]) | COMMANDS
    for name, command in known.items():
        own = words.add_parser(name, help=command.help)
        if name == _typed_word():
            _describe(own, command)
    words.add_parser("help").add_argument("command", choices=list(COMMANDS))
    argcomplete.autocomplete(parser, always_complete_options=False)


def _typed_word() -> str:
    """Return the first word after the program's name: of no other command the options are needed, nor its imports."""
    return os.environ.get("COMP_LINE", "").partition(" ")[2].strip().partition(" ")[0]


def _describe(parser: argparse.ArgumentParser, command: Command) -> None:
    command.module().configure(parser)
    for action in parser._actions:
        if isinstance(action.metavar, str) and action.metavar in _NAMES:
            action.completer = _completer(_NAMES[action.metavar])  # type: ignore[attr-defined]


def _completer(names: Callable[..., list[str]]) -> Callable[..., list[str]]:
    def read(parsed_args: argparse.Namespace, **_: object) -> list[str]:
        return names(parsed_args.repo, parsed_args.dir)

    return read
