"""director report: the whole job as a page, as Markdown, as a CI's test results."""

import argparse
import sys
from pathlib import Path

from director.artifacts.files import write_text
from director.cli.looking import Observer
from director.cli.opening import add_place
from director.cli.paging import read_whole
from director.cli.text import moment, say
from director.core.errors import ConfigError, ExitCode
from director.report.html import report_page
from director.report.junit import junit_results
from director.report.markdown import markdown_summary

STANDARD_OUTPUT = Path("-")
EPILOG = (
    "No agent is asked, and it may be written while a run goes on. The page needs no network. It holds prompts,\n"
    "replies and diffs: whoever may read it reads the repository's code."
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="where to [html: report.html of the job; md: -, which prints]"
    )
    parser.add_argument(
        "--format", choices=("html", "md"), default="html", help="a page, or a summary in Markdown [html]"
    )
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write the nodes as test results too: JUnit's XML")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Write the report, and the test results if they are wanted."""
    graph = Observer(args).graph()
    report = read_whole(graph)
    target = args.output or (STANDARD_OUTPUT if args.format == "md" else graph.job.directory.report)
    wanted = {target: markdown_summary(report) if args.format == "md" else report_page(report, made=moment())}
    if args.junit:
        wanted[args.junit] = junit_results(report)
    for path, text in wanted.items():
        _write(text, path)
    for path in () if STANDARD_OUTPUT in wanted else wanted:
        say(f"written: {path}")
    return ExitCode.DONE


def _write(text: str, target: Path) -> None:
    if target == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    if target.is_dir():
        raise ConfigError(f"'{target}' is a directory", hint="name a file")
    write_text(target.resolve(), text)
