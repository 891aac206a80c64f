"""director init: a commented configuration and the two-line dodo.py."""

import argparse
import sys

from director.cli.init import initialise
from director.cli.opening import add_place, open_directory, open_repository
from director.cli.text import say
from director.core.errors import ConfigError, ExitCode

EPILOG = "Nothing that exists is overwritten. At a terminal it asks; with --yes, or in a pipe, it takes its guesses."


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Write what a repository needs."""
    repository = open_repository(args)
    directory = open_directory(args, repository)
    yes = args.yes or not sys.stdin.isatty()
    initialise(repository.root, directory.path, yes=yes, ask=_ask, say=say)
    return ExitCode.DONE


def _ask(question: str, default: str) -> str:
    try:
        answer = input(f"{question} [{default}] ").strip()
    except EOFError as error:
        raise ConfigError("the questions were not answered", hint="use --yes to take the guesses") from error
    return answer or default
