"""The suite: ready tasks to bench on without keys, each put into a repository of its own."""

import argparse
import shlex
import shutil
from pathlib import Path

from director.artifacts.files import read_text, write_text
from director.cli.place import DEFAULT_DIRECTORY, named_directory
from director.core.errors import ConfigError
from director.core.words import listed, quoted
from director.git.new import make_repository
from director.prompts.templates import template_path

PROFILES = ("all-frontier", "cheap-cloud", "local-first")
"""Who is compared where nobody else is named; all are played from cassettes."""
TRIALS = 3
_LIST = ""
_BROUGHT = {"task": "a task", "file": "a task", "plan": "a plan", "plan_profile": "a plan", "base": "a commit"}
"""What a task of the suite has of its own, by the option that would name another."""


def add_suite(group: argparse._ArgumentGroup) -> None:
    """Add the option that takes a ready task."""
    group.add_argument(
        "--suite",
        metavar="NAME",
        nargs="?",
        const=_LIST,
        help="take a ready task, in a new repository [bench-NAME]; without NAME, list them",
    )


def is_list_wanted(args: argparse.Namespace) -> bool:
    """Tell whether the tasks of the suite are to be listed."""
    return bool(args.suite == _LIST)


def suite_tasks() -> dict[str, str]:
    """Return the tasks of the suite by name, each with its first line."""
    found = sorted(path.parent for path in template_path("bench").glob("*/task.md"))
    return {path.name: (read_text(path / "task.md") or "").partition("\n")[0] for path in found}


def with_suite(args: argparse.Namespace) -> argparse.Namespace:
    """Return the arguments of a bench of a ready task; its repository is made if it is not there.

    Raises ConfigError for what the task would have twice, and for a place where something else is.
    """
    name = args.suite
    if name not in suite_tasks():
        hint = f"there are {listed([quoted(task) for task in suite_tasks()], limit=20)}"
        raise ConfigError(f"the suite has no task {quoted(name)}", hint=hint)
    for option, what in _BROUGHT.items():
        if getattr(args, option):
            raise ConfigError(f"a task of the suite brings {what} with it", hint="leave out the other one, or --suite")
    source, root = template_path("bench") / name, _place(args, name)
    directory = root / DEFAULT_DIRECTORY
    _lay_out(source, root)
    _bring_profiles(args, directory / "profiles")
    given = {
        "repo": root,
        "dir": directory,
        "task": [read_text(source / "task.md")],
        "plan": directory / "suite" / "plan.json",
        "profiles": args.profiles or ",".join(PROFILES),
        "trials": args.trials or TRIALS,
        "holdout": args.holdout or _holdout(source),
    }
    return argparse.Namespace(**(vars(args) | given))


def _place(args: argparse.Namespace, name: str) -> Path:
    chosen: Path = args.repo
    return (Path(f"bench-{name}") if chosen == Path() else chosen).resolve()


def _lay_out(source: Path, root: Path) -> None:
    """Make the repository of a task, with all that plays it; one that is there is left as it is."""
    directory, task = root / DEFAULT_DIRECTORY, read_text(source / "task.md") or ""
    if read_text(directory / "suite" / "task.md") == task:
        return
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise ConfigError(f"'{root}' is not an empty directory", hint="name another one: --repo DIR")
    shutil.copytree(source / "repository", root, dirs_exist_ok=True)
    make_repository(root, message="A place to work in")
    shared = source.parent
    for path in (shared / "config.toml", *sorted((shared / "profiles").glob("*.toml"))):
        write_text(directory / path.relative_to(shared), read_text(path) or "")
    for path in (*sorted(source.glob("*.yaml")), source / "plan.json"):
        write_text(directory / "suite" / path.name, read_text(path) or "")
    write_text(directory / "suite" / "task.md", task)


def _bring_profiles(args: argparse.Namespace, target: Path) -> None:
    """Copy the profiles that the user names, and that the suite has not, from where the user is."""
    here, named = Path.cwd(), named_directory(args.dir)
    places = [named] if named else [place / DEFAULT_DIRECTORY for place in (here, *here.parents)]
    known = {path.stem: path for place in reversed(places) for path in (place / "profiles").glob("*.toml")}
    for name in (args.profiles or "").split(","):
        path = known.get(name.strip())
        if path and path.stem not in PROFILES and path.parent != target:
            write_text(target / path.name, read_text(path) or "")


def _holdout(source: Path) -> str:
    """Return the command of the held-out tests of a task, if it has some; they stay where no agent is sent."""
    tests = source / "holdout"
    return shlex.join(["python3", "-B", "-m", "unittest", "discover", "-s", str(tests)]) if tests.is_dir() else ""
