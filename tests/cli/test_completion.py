"""Completion as a shell asks for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import Project

COMPLETE = """\
eval "$({director} completion bash)"
COMP_LINE="$1" COMP_POINT=${{#1}} COMP_TYPE=9
read -ra COMP_WORDS <<<"$1"
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_python_argcomplete director "${{COMP_WORDS[COMP_CWORD]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
"""A bash that presses Tab: it loads what `director completion` prints and calls what that registers."""


@pytest.fixture
def planned(project: Project) -> Project:
    """A job with the slices of three nodes."""
    project.file("nodes").mkdir()
    for name in ("alpha", "beta", "gamma"):
        project.file(f"nodes/{name}.json").write_text("{}")
    return project


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory on PATH that holds `director`."""
    directory = tmp_path / "bin"
    directory.mkdir()
    program = directory / "director"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m director "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
    return directory


def answers(line: str, directory: Path) -> list[str]:
    """Return the words that are offered at the end of a line."""
    variables = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": "\n"}
    answer = directory / "answer"
    done = subprocess.run(
        [sys.executable, "-m", "director"],
        cwd=directory,
        env=os.environ | variables | {"_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "_ARGCOMPLETE_SHELL": "fish"},
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    return [word.strip() for word in answer.read_text().split("\n") if word]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_prints_code_for_each_shell(project: Project, shell: str) -> None:
    done = project.director("completion", shell)

    assert done.code == 0
    assert "_ARGCOMPLETE" in done.out
    assert "director" in done.out


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("director st", {"status"}),
        ("director run:b", {"beta"}),  # bash takes a colon for the end of a word
        ("director plan --au", {"--auto"}),
        ("director explain run:", {"alpha", "beta", "gamma"}),
        ("director show ga", {"gamma"}),
        ("director models re", {"replay"}),
    ],
)
def test_a_real_bash_completes(planned: Project, programs: Path, line: str, offered: set[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", COMPLETE.format(director=programs / "director"), "bash", line],
        cwd=planned.root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert {word.strip() for word in done.stdout.splitlines()} == offered


def test_commands_and_tasks_are_offered_first(planned: Project) -> None:
    offered = answers("director ", planned.root)

    assert {"init", "plan", "run", "status", "list", "help", "integrate", "run:alpha", "tests:gamma"} <= set(offered)
    assert not [word for word in offered if word.startswith("-")]


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("director run --", {"--auto", "--fail-fast", "--parallel", "--repo"}),
        ("director run:alpha --", {"--auto", "--fail-fast", "--parallel", "--repo"}),
        ("director list --", {"--all", "--status", "--repo"}),
        ("director forget ", {"run:alpha", "tests:beta", "integrate"}),
        ("director run -n 2 run:", {"run:alpha", "run:beta", "run:gamma"}),
        ("director replay --", {"--as-recorded", "--diff", "--json", "--strict", "--repo"}),
        ("director replay READ", {"README.md"}),
        ("director plan --rec", {"--record"}),
        ("director allow ", {"alpha", "beta", "gamma"}),
        ("director allow alpha ", {"README.md"}),
        ("director help pl", {"plan"}),
        ("director completion ", {"bash", "zsh", "fish"}),
        ("director plan --file ", {"README.md"}),
    ],
)
def test_options_and_names_of_a_command_are_offered(planned: Project, line: str, some: set[str]) -> None:
    assert some <= set(answers(line, planned.root))


def test_another_job_can_be_named_before_the_word(planned: Project, tmp_path: Path) -> None:
    line = f"director show --repo {planned.root} "

    assert answers(line, tmp_path) == ["alpha", "beta", "gamma"]


def test_where_there_is_no_job_nothing_fails(tmp_path: Path) -> None:
    assert answers("director show ", tmp_path) == []
    assert "run" in answers("director ", tmp_path)
