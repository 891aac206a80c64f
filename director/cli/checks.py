"""What director needs around it, looked at one by one: for `director doctor`."""

import getpass
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from director import __version__
from director.cli.detect import guess_gates
from director.core.config.settings import Config
from director.core.errors import DirectorError
from director.git.commands import require_version
from director.git.repository import Repository
from director.job.configuration import load_config
from director.prompts.roles import load_roles

CONTAINERS = ("/.dockerenv", "/run/.containerenv")
"""Files by which container programs can be told."""


@dataclass(frozen=True)
class Check:
    """What was found at one place."""

    name: str
    said: str = ""
    problem: DirectorError | None = None
    """What is missing, with its remedy as the hint."""
    advice: str = ""
    """What could be better, though nothing is missing."""


@dataclass(frozen=True)
class Place:
    """Where the doctor looks, and what was found there."""

    checks: tuple[Check, ...]
    root: Path
    """The root of the repository, or the directory where there should be one."""
    config: Config | None


def check_place(start: Path, job_directory: Callable[[Repository], Path], *, profile: str | None) -> Place:
    """Look at everything but the agents. `job_directory` finds it in a repository."""
    git = _tried("git", lambda: require_version(start))
    found: list[Repository] = []
    repository = _tried("repository", lambda: _open(start, found))
    python = Check("python", f"{platform.python_version()}, {sys.executable}")
    checks = [Check("director", __version__), python, git, repository]
    configs: list[Config] = []
    if found:
        root = found[0].root
        checks.append(_tried("configuration", lambda: _load(root, job_directory(found[0]), profile, configs)))
        checks.append(_tried("role files", lambda: _read_roles(job_directory(found[0]))))
    root, config = (found[0].root if found else start), (configs[0] if configs else None)
    if config:
        checks.append(_gates(config, root))
    return Place((*checks, _isolation()), root, config)


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, look())
    except DirectorError as error:
        return Check(name, problem=error)


def _open(start: Path, found: list[Repository]) -> str:
    repository = Repository.open(start)
    repository.commit("HEAD")
    found.append(repository)
    return str(repository.root)


def _load(root: Path, job_directory: Path, profile: str | None, configs: list[Config]) -> str:
    configs.append(load_config(root, job_directory, profile=profile))
    path = job_directory / (f"profiles/{profile}.toml" if profile else "config.toml")
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _read_roles(job_directory: Path) -> str:
    own = job_directory / "templates" / "roles"
    changed = [role for role in load_roles(own) if (own / f"{role}.md").exists()]
    return f"your own: {', '.join(changed)}" if changed else "as they are shipped"


def _gates(config: Config, root: Path) -> Check:
    """Say which gates hold the repository as a whole; without any, what it suggests."""
    if gates := config.active_gates():
        return Check("gates", ", ".join(gates))
    guessed = "\n".join(f'{name} = "{command}"' for name, command in guess_gates(root).items())
    advice = f"name some under [gates] in the configuration, such as\n{guessed}" if guessed else ""
    return Check("gates", "none: only the nodes' own tests decide", advice=advice or "name some under [gates]")


def _isolation() -> Check:
    """Say what agents and tests are kept from: nothing that the user is not kept from."""
    who = f"agents and tests run as '{getpass.getuser()}'"
    if any(Path(name).exists() for name in CONTAINERS) or "container" in os.environ:
        return Check("isolation", f"{who}, in a container")
    advice = "for a repository or a model that you do not trust, run director in a container or as a user of its own"
    return Check("isolation", f"{who}, and may do what that user may", advice=advice)
