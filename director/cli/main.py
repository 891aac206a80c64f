"""The outermost frame: find the command, run it, turn what went wrong into an exit code."""

import os
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches

from director import __version__
from director.cli.words import COMMANDS, DOIT_COMMANDS, top_level_help
from director.core.errors import ConfigError, DirectorError, ExitCode

_TASKS = ("job", "recon", "spec", "decompose", "slices", "baseline", "integrate")
_GROUPS = ("gate:", "tests:", "run:")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    if "_ARGCOMPLETE" in os.environ:
        _complete()
    try:
        return int(_dispatch(list(sys.argv[1:] if arguments is None else arguments)))
    except DirectorError as error:
        from director.cli.text import complain  # noqa: PLC0415 (rich costs start-up time)

        complain(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whoever read our output has gone: nothing more to say
        return int(ExitCode.DONE)
    except Exception:  # noqa: BLE001 (the outermost frame: a bug keeps its traceback)
        traceback.print_exc()
        sys.stderr.write("this is a bug in director: please report it with the lines above\n")
        return int(ExitCode.BUG)


def _dispatch(arguments: list[str]) -> ExitCode:
    word = arguments[0] if arguments else "--help"
    if word in ("--help", "-h", "help") and len(arguments) < 2:
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
    if word in DOIT_COMMANDS:
        from director.cli.doit import run_doit  # noqa: PLC0415 (doit costs start-up time)

        return run_doit(arguments)
    if word in _TASKS or word.startswith(_GROUPS):
        return _run_command("run", arguments)
    near = get_close_matches(word, [*COMMANDS, *DOIT_COMMANDS, *_TASKS], n=1)
    hint = f"did you mean '{near[0]}'?" if near else "'director --help' lists them"
    raise ConfigError(f"there is no command or task '{word}'", hint=hint)


def _run_command(name: str, arguments: list[str]) -> ExitCode:
    command = COMMANDS[name]
    parser = command.parser()
    try:
        args = parser.parse_intermixed_args(protect_text(arguments, parser._option_string_actions))
    except SystemExit as stop:  # argparse has printed help, or what is wrong
        return ExitCode.DONE if stop.code in (0, None) else ExitCode.USAGE
    for key, value in vars(args).items():
        if isinstance(value, str):
            setattr(args, key, value.removeprefix(_SHIELD))
    code: ExitCode = command.module().execute(args)
    return code


_SHIELD = "\0"


def protect_text(arguments: Sequence[str], options: object) -> list[str]:
    """Mark words that are text although they begin with a dash, so that they are not read as options.

    An option is one word; text has blanks or lines in it. `--name=some text` is an option all the same.
    """
    known = tuple(f"{name}=" for name in options if name.startswith("--"))  # type: ignore[attr-defined]
    return [_SHIELD + word if _is_text(word) and not word.startswith(known) else word for word in arguments]


def _is_text(word: str) -> bool:
    return word.startswith("-") and len(word.split()) > 1


def _complete() -> None:
    from director.cli.completing import complete  # noqa: PLC0415 (only while a shell completes)

    complete()
