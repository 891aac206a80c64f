"""director export: the plan, for other programs."""

import argparse
import sys
from pathlib import Path

from director.artifacts.files import write_text
from director.cli.opening import add_place, open_job
from director.cli.text import say
from director.core.errors import ConfigError, ExitCode
from director.stages.exporting import export_plan

STANDARD_OUTPUT = Path("-")
EPILOG = """\
The plan is written in the fields of director-cli's plan.json, with the sha256 of every locked test file, the task, the
job's branch and the commit that it stands on. 'director import' reads it as well.

  director export plan.json
  director export | director import - --repo ../elsewhere
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, default=STANDARD_OUTPUT, help="where to [standard output]"
    )
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Write the plan."""
    text = export_plan(open_job(args))
    if args.file == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return ExitCode.DONE
    if args.file.is_dir():
        raise ConfigError(f"'{args.file}' is a directory", hint="name a file")
    write_text(args.file.resolve(), text)
    say(f"written: {args.file}")
    return ExitCode.DONE
