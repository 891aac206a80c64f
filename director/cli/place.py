"""Where the job is that is meant, and what its files name: without opening it, for completion and suggestions."""

import os
from pathlib import Path

from director.artifacts.directory import JobDirectory

DEFAULT_DIRECTORY = ".director"
VARIABLE = "DIRECTOR_DIR"
_TASKS = ("recon", "spec", "decompose", "plan", "integrate")


def named_directory(given: Path | None) -> Path | None:
    """Return the job directory that `--dir` or the environment names; None for the repository's own."""
    named = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    return named.resolve() if named else None


def task_names(repository: Path = Path(), directory: Path | None = None) -> list[str]:
    """Return the tasks of a job."""
    nodes = node_names(repository, directory)
    return [*_TASKS, *(f"{group}:{node}" for group in ("tests", "run") for node in nodes)]


def backend_names(repository: Path = Path(), directory: Path | None = None) -> list[str]:
    """Return the backends that are installed, wherever the job is."""
    from director.agents import registry  # noqa: PLC0415 (only here is it needed, and completion is to be quick)

    return registry.backend_names()


def node_names(repository: Path = Path(), directory: Path | None = None) -> list[str]:
    """Return the ids of the nodes of a job; none where there is no job."""
    start = repository.resolve()
    named = named_directory(directory)
    candidates = [named] if named else [place / DEFAULT_DIRECTORY for place in (start, *start.parents)]
    nodes = next((place for candidate in candidates if (place := JobDirectory(candidate).nodes).is_dir()), None)
    return sorted(path.stem for path in nodes.glob("*.json")) if nodes else []
