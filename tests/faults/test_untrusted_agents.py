"""Whatever an agent does, what lands is the base, allowlisted regular files and locked tests that are green."""

from pathlib import Path

import pytest

from tests.faults.judging import problems
from tests.faults.lies import THEMES
from tests.faults.plumbing import fingerprint
from tests.faults.trial import Lie, Trial


def play(root: Path, lies: tuple[Lie, ...]) -> str:
    """Run a job of lies, and tell what is wrong afterwards, one case a line."""
    trial = Trial.create(root, lies)
    trial.configure()
    before = fingerprint(trial.repository)
    planned = trial.director("plan", "write the modules", "--auto", "--no-critique", "-n", "1", patience=300)
    ran = trial.director("run", "-n", "1", patience=300)
    found = problems(trial, before, ran.code, planned.said + ran.said)
    return "\n".join(f"{name}: {'; '.join(wrong)}" for name, wrong in found.items())


@pytest.mark.parametrize("theme", THEMES)
def test_a_lie_changes_nothing(tmp_path: Path, theme: str) -> None:
    assert play(tmp_path / "trial", THEMES[theme]) == ""
