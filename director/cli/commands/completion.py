"""director completion: what a shell needs to complete director's words."""

import argparse

from director.core.errors import ExitCode

EPILOG = 'Put this into your shell\'s start-up file: eval "$(director completion bash)"'


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def execute(args: argparse.Namespace) -> ExitCode:
    """Print the shell's code."""
    from argcomplete.shell_integration import shellcode  # noqa: PLC0415 (only here is it needed)

    print(shellcode(["director"], shell=args.shell))
    return ExitCode.DONE
