"""Which job is meant: from a directory below, from elsewhere, in a directory of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from director.cli.main import main
from tests.project import CONFIG, Project


def plan(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "director", "plan", "write the modules", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A directory outside the repository with a configuration for a job that is kept there."""
    directory = tmp_path / "elsewhere"
    directory.mkdir()
    (directory / "config.toml").write_text(CONFIG)
    return directory


def test_a_directory_below_the_root_is_as_good_as_the_root(project: Project) -> None:
    (project.root / "below" / "deep").mkdir(parents=True)

    done = plan(cwd=project.root / "below" / "deep")

    assert done.returncode == 4
    assert project.file("spec.md").exists()


def test_a_repository_is_named_from_elsewhere(project: Project, tmp_path: Path) -> None:
    done = plan("--repo", "repository", cwd=tmp_path)

    assert done.returncode == 4, done.stderr
    assert project.file("spec.md").exists()


@pytest.mark.parametrize("by", ["option", "environment"])
def test_the_files_of_a_job_may_be_kept_elsewhere(
    project: Project, elsewhere: Path, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if by == "environment":
        monkeypatch.setenv("DIRECTOR_DIR", str(elsewhere))

    done = plan(*(["--dir", "../elsewhere"] if by == "option" else []), cwd=project.root)

    assert done.returncode == 4, done.stderr
    assert (elsewhere / "spec.md").exists()
    assert not project.file("task.md").exists()


def test_the_option_goes_before_the_environment(
    project: Project, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIRECTOR_DIR", "/nowhere")
    monkeypatch.chdir(project.root)

    code = main(["pending", "--dir", str(elsewhere)])

    assert code == 0
    assert "there is no task yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "variable", "said"),
    [
        (["--dir", "README.md"], "", "error: '{root}/README.md' is not a directory\nhint: --dir names the directory"),
        ([], "README.md", "error: '{root}/README.md' is not a directory\nhint: DIRECTOR_DIR names the directory"),
        (["--repo", "nowhere"], "", "error: '{root}/nowhere' is not a directory\nhint: give --repo a directory"),
        (["--repo", "/"], "", "error: '/' is not inside a git repository\nhint: run 'git init' and commit"),
        (["--profile", "fast"], "", "error: there is no profile 'fast'\nhint: a profile NAME is"),
    ],
)
def test_a_place_that_cannot_be_meant_is_told(
    project: Project,
    arguments: list[str],
    variable: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DIRECTOR_DIR", variable)
    monkeypatch.chdir(project.root)

    code = main(["status", *arguments])

    assert code == 2
    assert capsys.readouterr().err.startswith(said.format(root=project.root))
