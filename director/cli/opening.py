"""From the command line's words to a job."""

import argparse
from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model
from director.cli.place import DEFAULT_DIRECTORY, VARIABLE, named_directory
from director.core.artifacts import JobIdentity
from director.core.config.settings import Config
from director.core.errors import ConfigError
from director.core.events import Tell
from director.git.repository import Repository
from director.job.configuration import load_config
from director.job.job import Approvals, Job, silent
from director.tasks.given import ArmGraph
from director.tasks.graph import Graph

START = 'start one: director plan "what you want done"'


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which job is meant, and which configuration."""
    group = add_directory(parser)
    group.add_argument("--profile", metavar="NAME", help="use profiles/NAME.toml instead of config.toml")


def add_directory(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the options that say which job is meant."""
    group = parser.add_argument_group("place")
    group.add_argument("--repo", metavar="DIR", type=Path, default=Path(), help="the repository [here]")
    group.add_argument(
        "--dir", metavar="DIR", type=Path, help="the job's directory [DIRECTOR_DIR, or .director in the repository]"
    )
    return group


def add_building(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that ask agents."""
    add_approval(parser)
    group = parser.add_argument_group("building")
    group.add_argument("-n", "--parallel", metavar="N", type=positive, default=4, help="agents at once [4]")
    after = group.add_mutually_exclusive_group()
    after.add_argument("--fail-fast", action="store_true", help="start nothing new after a failure")
    after.add_argument("--keep-going", action="store_true", help="go on with what does not depend on it [default]")
    group.add_argument("--record", metavar="FILE", type=Path, help="record what agents answer in this cassette")
    group.add_argument("--max-attempts", metavar="N", type=positive, help="attempts before a node is escalated")
    add_volume(group)


def add_approval(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who approves a plan."""
    gates = parser.add_argument_group("approval")
    gates.add_argument("--auto", action="store_true", help="let the planner criticise and revise instead of pausing")
    gates.add_argument("--no-critique", action="store_true", help="with --auto: approve without asking anybody")


def add_volume(parser: argparse._ActionsContainer) -> None:
    """Add the options that say how much is said."""
    volume = parser.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="say only what failed and what waits")
    volume.add_argument("-v", "--verbose", action="store_true", help="say every step")


def positive(text: str) -> int:
    """Read a number above zero."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return int(text)


def open_repository(args: argparse.Namespace) -> Repository:
    """Find the repository that is meant."""
    return Repository.open(args.repo.resolve())


def open_directory(args: argparse.Namespace, repository: Repository) -> JobDirectory:
    """Find the job directory that is meant. Raises ConfigError if something else is in its place."""
    path = named_directory(args.dir) or repository.root / DEFAULT_DIRECTORY
    if path.exists() and not path.is_dir():
        source = "--dir" if args.dir else VARIABLE if named_directory(None) else None
        hint = f"{source} names the directory of a job" if source else "a job's files go there: move it away"
        raise ConfigError(f"'{path}' is not a directory", hint=hint)
    return JobDirectory(path)


def open_job(args: argparse.Namespace, *, tell: Tell = silent, repository: Repository | None = None) -> Job:
    """Open the job that is meant, with the configuration that rules it."""
    repository = repository or open_repository(args)
    directory = open_directory(args, repository)
    config = load_config(repository.root, directory.path, profile=args.profile)
    if not getattr(args, "new", False):
        read_model(directory.identity, JobIdentity)  # a job that cannot be read is told before anything is done
    record, config = getattr(args, "record", None), _with_options(config, args)
    return Job(repository, directory, config, approvals=approvals_of(args), tell=tell, record=record)


def open_graph(args: argparse.Namespace, *, tell: Tell = silent, repository: Repository | None = None) -> Graph:
    """Open the graph of the job that is meant."""
    job = open_job(args, tell=tell, repository=repository)
    return ArmGraph(job) if job.directory.arm.exists() else Graph(job)


def _with_options(config: Config, args: argparse.Namespace) -> Config:
    attempts = getattr(args, "max_attempts", None)
    if attempts is None:
        return config
    return config.model_copy(update={"limits": config.limits.model_copy(update={"max_attempts": attempts})})


def approvals_of(args: argparse.Namespace) -> Approvals:
    """Return who approves."""
    auto, no_critique = getattr(args, "auto", False), getattr(args, "no_critique", False)
    if no_critique and not auto:
        raise ConfigError("'--no-critique' says how '--auto' approves", hint="add --auto to have nobody asked")
    return Approvals.AUTO if no_critique else Approvals.CRITIQUE if auto else Approvals.HUMAN
