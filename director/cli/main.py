"""The outermost frame: find the command, run it, turn what went wrong into an exit code."""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches

from director import __version__
from director.cli.words import COMMANDS, TASK_GROUPS, TASKS, top_level_help
from director.core.errors import ConfigError, DirectorError, ExitCode
from director.shell import memory

_HELP = frozenset({"help", "--help", "-h"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    if "_ARGCOMPLETE" in os.environ:
        _complete()
    memory.look_seldom()
    _make_printable()
    try:
        code = _dispatch(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
        return int(code)
    except DirectorError as error:
        return _complain(error)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        _print_no_more()  # whoever read our output has gone
        return int(ExitCode.DONE)
    except OSError as error:
        return _refused(error)
    except Exception:  # noqa: BLE001 (the outermost frame: a bug keeps its traceback)
        return _bug()


def _dispatch(arguments: list[str]) -> ExitCode:
    word = arguments[0] if arguments else "help"
    if word in _HELP and _HELP.issuperset(arguments):
        print(top_level_help(), end="")
        return ExitCode.DONE
    if word == "--version":
        print(f"director {__version__}")
        return ExitCode.DONE
    if word == "help":
        return _dispatch([*arguments[1:2], "--help"])
    return _run_word(word, arguments)


def _run_word(word: str, arguments: list[str]) -> ExitCode:
    if word in COMMANDS:
        return _run_command(word, arguments[1:])
    if word in TASKS or word.startswith(TASK_GROUPS):
        return _run_command("run", arguments)
    if word.startswith("-"):
        raise ConfigError(f"director itself has no option '{word}'", hint="options stand after the command")
    near = get_close_matches(word, [*COMMANDS, *TASKS, *_nodes_like(word)], n=1)
    hint = f"did you mean '{near[0]}'?" if near else "'director --help' lists them"
    raise ConfigError(f"there is no command or task '{word}'", hint=hint)


def _nodes_like(word: str) -> list[str]:
    """Return the task of the node that a word names, if it names one."""
    from director.cli.place import node_names  # noqa: PLC0415 (only after a mistake)

    return [f"run:{node}" for node in get_close_matches(word, node_names(), n=1)]


def _run_command(name: str, arguments: list[str]) -> ExitCode:
    command = COMMANDS[name]
    try:
        args = command.parser().read(arguments)
    except SystemExit:  # argparse has printed help
        return ExitCode.DONE
    code: ExitCode = command.module().execute(args)
    return code


def _make_printable() -> None:
    """Make sure that nothing is left unsaid because a character cannot be encoded or a stream is closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 (open as long as we run)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _complain(error: DirectorError) -> int:
    from director.cli.text import complain  # noqa: PLC0415 (rich costs start-up time)

    complain(error)
    return int(error.exit_code)


def _refused(error: OSError) -> int:
    from director.tasks.graph import SURROUNDINGS, refusal_of  # noqa: PLC0415 (only after an error)

    if error.errno not in SURROUNDINGS:
        return _bug()
    if error.filename is None:
        _print_no_more()
    return _complain(refusal_of(error, place="the output"))


def _print_no_more() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _bug() -> int:
    traceback.print_exc()
    sys.stderr.write("this is a bug in director: please report it with the lines above\n")
    return int(ExitCode.BUG)


def _complete() -> None:
    from director.cli.completing import complete  # noqa: PLC0415 (only while a shell completes)

    complete()
