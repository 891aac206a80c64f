"""director demo: a real repository, planned and built with replayed agents."""

import argparse
import shutil
import sys
import time
from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model, read_text, write_text
from director.cli.opening import add_volume, positive
from director.cli.place import DEFAULT_DIRECTORY
from director.cli.progress import progress_of
from director.cli.text import duration, say
from director.core.artifacts import GatesRun
from director.core.errors import ConfigError, ExitCode
from director.core.events import Tell
from director.git.new import make_repository
from director.git.repository import Repository
from director.job.configuration import load_config
from director.job.job import Approvals, Job
from director.job.lifecycle import begin_job, set_task
from director.prompts.templates import template_path
from director.tasks.build import BuildOptions, build
from director.tasks.graph import Graph

EPILOG = "No model is asked and nothing is paid: the agents' answers are replayed from a cassette. All else is real."


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("directory", nargs="?", type=Path, default=Path("director-demo"), help="[director-demo]")
    parser.add_argument("-n", "--parallel", metavar="N", type=positive, default=4, help="agents at once [4]")
    add_volume(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Create the repository, plan its task, build it, and say what to look at."""
    started = time.monotonic()
    root = args.directory.resolve()
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise ConfigError(f"'{root}' is not an empty directory", hint="name another one: director demo DIR")
    progress = progress_of(args)
    job = _prepare(root, tell=progress)
    options = BuildOptions(parallel=args.parallel)
    code = build(Graph(job), ["integrate"], reporter=progress, options=options)
    if code is ExitCode.DONE and not args.quiet:
        _tell(job, time.monotonic() - started)
    return code


def _prepare(root: Path, *, tell: Tell) -> Job:
    demo = template_path("demo")
    shutil.copytree(demo / "repository", root, dirs_exist_ok=True)
    directory = JobDirectory(root / DEFAULT_DIRECTORY)
    for source, target in (("config.toml", "config.toml"), ("cassette.yaml", "demo.yaml")):
        write_text(directory.path / target, read_text(demo / source) or "")
    write_text(root / "dodo.py", read_text(template_path("dodo.py")) or "")
    make_repository(root, message="An expense ledger")
    repository = Repository.open(root)
    set_task(repository, directory, read_text(demo / "task.md") or "", new=False)
    begin_job(repository, directory)
    config = load_config(root, directory.path)
    return Job(repository, directory, config, approvals=Approvals.CRITIQUE, tell=tell)


def _tell(job: Job, seconds: float) -> None:
    directory, root = job.directory, job.repository.root
    integrated = read_model(directory.integration, GatesRun)
    gates = ", ".join(integrated.gates) if integrated else ""
    say("")
    say(f"built in {duration(seconds)}; green on {job.identity.branch}: every node's tests, and {gates}")
    say(f"  repository  {root}")
    say(f"  task        {directory.task}")
    say(f"  spec        {directory.spec}")
    say(f"  plan        {directory.plan}")
    say(f"  logs        {directory.logs('run')}")
    say("")
    say("what to try next:")
    say(f"  cd {root}")
    program = _program()
    commands = {
        f"{program} status": "who did what, and what it cost",
        f"{program} run": "again: everything is up to date",
        f"{program} show budget": "one node with its attempts and its diff",
        f"git log --stat {job.identity.branch}": "what landed, a commit for each node",
    }
    width = max(map(len, commands))
    for command, meaning in commands.items():
        say(f"  {command:<{width}}  {meaning}")


def _program() -> str:
    """Return what starts director from another directory."""
    if shutil.which("director"):
        return "director"
    started = Path(sys.argv[0]).resolve()
    return f"{sys.executable} -m director" if started.name == "__main__.py" else str(started)
