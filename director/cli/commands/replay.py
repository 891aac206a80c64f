"""director replay: run a recorded job again from its cassette, and say where it comes out otherwise."""

import argparse
import json
from pathlib import Path

from rich.table import Table

from director.cli.opening import add_place, add_volume, open_directory, open_repository, positive
from director.cli.progress import progress_of
from director.cli.text import counted, plain, say, show
from director.core.comparison import Comparison, TaskComparison
from director.core.config.settings import Config
from director.core.errors import ConfigError, ExitCode
from director.job.configuration import load_config
from director.tasks.rerun import Failures, Recorded, read_recorded, rerun

DEFAULT_FILE = "cassette.yaml"
EPILOG = """\
Nothing is paid: the agents' answers are those of the cassette, which 'director plan --record FILE' and 'director run
--record FILE' write. All else is real, in a scratch repository at the commit that the job started from: so this shows
what became of a job through another prompt, another gate, another version of director. It uses the configuration and
the templates that stand here now; --as-recorded uses the configuration of then.

A prompt that changed is told; it is played by role and task, and by itself makes no difference unless --strict is
given. Exit codes: 0 the job came out the same, 1 it did not, 2 it cannot be run here.

  director replay job.yaml
  director replay job.yaml --diff          how the prompts changed
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="[cassette.yaml of the job's directory]")
    parser.add_argument("--strict", action="store_true", help="a prompt that changed is a difference")
    parser.add_argument("--diff", action="store_true", help="show how each prompt changed")
    parser.add_argument("--as-recorded", action="store_true", help="with the configuration that was recorded")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("-n", "--parallel", metavar="N", type=positive, default=4, help="agents at once [4]")
    add_volume(parser)
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Run the recorded job again and compare."""
    repository = open_repository(args)
    directory = open_directory(args, repository)
    path = args.file or directory.path / DEFAULT_FILE
    if not path.exists():
        raise ConfigError(f"there is no recording at '{path}'", hint="record a job: director plan --record FILE …")
    recorded = read_recorded(path, str(path))
    if repository.tip(recorded.origin.base) is None:
        raise ConfigError(
            f"the commit {recorded.origin.base[:12]} that the recorded job started from is not in this repository",
            hint="fetch it (git fetch --unshallow, or the branch that holds it), or record the job anew",
        )
    comparison = rerun(
        recorded,
        repository,
        config=_configuration(args, repository.root, directory.path, recorded),
        overrides=directory.overrides,
        parallel=args.parallel,
        reporter=Failures(progress_of(args)) if args.verbose and not args.json else Failures(),
        strict=args.strict,
    )
    if args.json:
        print(json.dumps(comparison.model_dump(mode="json"), indent=2))
    else:
        _tell(comparison, args)
    return ExitCode.DONE if comparison.is_same else ExitCode.FAILED


def _configuration(args: argparse.Namespace, root: Path, directory: Path, recorded: Recorded) -> Config:
    """Return the configuration of here and now; where there is none, or none is wanted, the recorded one."""
    is_here = args.profile is not None or (directory / "config.toml").exists()
    if args.as_recorded or not is_here:
        return recorded.origin.config
    return load_config(root, directory, profile=args.profile)


def _tell(comparison: Comparison, args: argparse.Namespace) -> None:
    if not args.quiet:
        show(_table(comparison.tasks))
        for said in comparison.configuration:
            say(f"configuration: {said}")
    prompts = [prompt for task in comparison.tasks for prompt in task.prompts]
    for prompt in prompts if args.diff else ():
        say(f"\n{prompt.call}\n{prompt.diff or 'the recorded prompt was too long to be kept'}")
    for said in comparison.differences:
        say(f"different: {said}")
    tasks = [task.task for task in comparison.tasks if not task.is_same]
    changed = f"; {counted(len(prompts), 'prompt')} changed{'' if args.diff else ' (--diff)'}" if prompts else ""
    if comparison.is_same:
        say(f"same: {counted(len(comparison.tasks), 'task')}, tree {comparison.replayed_tree[:12]}{changed}")
    else:
        say(f"different: {', '.join(tasks) or 'the job as a whole'}{changed}")


def _table(tasks: tuple[TaskComparison, ...]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("task", "recorded", "now", "prompts", "difference"):
        table.add_column(name)
    for task in tasks:
        prompts = f"{len(task.prompts)} changed" if task.prompts else "same"
        difference = plain("; ".join(task.differences), "red") if task.differences else plain("")
        cells = (task.task, str(task.recorded or ""), str(task.replayed or ""), prompts)
        table.add_row(*map(plain, cells), difference)
    return table
