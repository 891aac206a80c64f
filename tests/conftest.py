"""Every test is sealed: its own home, no git configuration but ours, fixed author and dates."""

import compileall
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.project import Project, node

_KEPT = {"PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "COVERAGE_PROCESS_CONFIG"}


def pytest_configure(config: pytest.Config) -> None:
    """Compile director once: hundreds of processes of the tests import it, and none of them may write."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(__file__).parents[1] / "director", quiet=2)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run twice as many tests at once as there are cores: many of them wait, for time-outs and for other programs."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless the marker is asked for."""
    if "long" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what was not tested because a program is missing."""
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", ())]
    for reason, count in sorted(Counter(reason for reason in reasons if "NOT INSTALLED" in reason).items()):
        terminalreporter.write_line(f"WARNING: {count} tests left out: {reason.removeprefix('Skipped: ')}", red=True)


@pytest.fixture(autouse=True)
def sealed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home of its own and return it."""
    home = tmp_path_factory.mktemp("home")
    for name in set(os.environ) - _KEPT:
        if not name.startswith("PYTEST_"):
            monkeypatch.delenv(name)
    settings = {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
        "NO_COLOR": "1",
        "COLUMNS": "120",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return home


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with a job of three nodes, of which two need the first; the agents succeed at once."""
    nodes = [node("alpha"), node("beta", needs=("alpha",)), node("gamma", needs=("alpha",))]
    return Project.create(tmp_path / "repository", nodes)
