"""What a command imports: what it does not need costs everybody time, each time."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import Project, node

ONLY_TO_WORK = {
    "director.agents.opencode",
    "director.agents.replay",
    "director.git.guard",
    "director.git.slots",
    "director.job.asking",
    "director.job.recording",
    "director.prompts",
    "director.shell.guardian",
    "director.stages",
    "director.tasks.build",
    "director.tasks.runner",
    "filelock",
    "genai_prices",
    "jinja2",
    "yaml",
}
"""What nothing but work on a job needs."""
ONLY_FOR_PAGES = {"director.cli.paging", "director.report.html", "director.report.reading"}


def imported(*arguments: str, cwd: Path) -> set[str]:
    """Run director and return every module that it has imported by its end."""
    asked = "import sys; from director.cli.main import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", asked, *arguments], cwd=cwd, capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stderr.splitlines()[-1].split())


def test_help_imports_no_library(tmp_path: Path) -> None:
    assert imported("--help", cwd=tmp_path) & {"pydantic", "doit", "rich", "psutil", "yaml", "jinja2"} == set()


@pytest.mark.parametrize("arguments", [["status"], ["pending"], ["run", "--help"]], ids=" ".join)
def test_who_looks_at_a_job_imports_nothing_that_works_on_one(tmp_path: Path, arguments: list[str]) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha")])

    assert imported(*arguments, cwd=project.root) & (ONLY_TO_WORK | ONLY_FOR_PAGES) == set()


def test_a_model_is_made_without_its_source_being_read(tmp_path: Path) -> None:
    asked = "import inspect, sys; inspect.getblock = None; import director.core.config.settings"

    assert subprocess.run([sys.executable, "-c", asked], cwd=tmp_path, timeout=60, check=False).returncode == 0


def test_who_looks_once_imports_nothing_that_draws_anew(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha")])

    assert "rich.live" not in imported("status", cwd=project.root)


def test_who_looks_at_a_job_does_not_look_for_garbage(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha")])
    asked = (
        "import gc; from director.cli.main import main; before = gc.get_stats(); main(['status']); "
        "assert gc.get_stats() == before"
    )

    done = subprocess.run([sys.executable, "-c", asked], cwd=project.root, capture_output=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
