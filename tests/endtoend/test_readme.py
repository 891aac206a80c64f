"""Every command that the README shows is run; its first two, which install, are run by .ci/run."""

import re
import shlex
from pathlib import Path

import pytest

from tests.project import Project

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = [block.splitlines() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)]
INSTALLING = ("python3 -m venv", "pip install", "cd ")


def shown_commands() -> list[str]:
    """The commands of the README in order, for the nodes of the project fixture; what begins another job comes last."""
    in_blocks = [line.partition(" #")[0].strip() for block in BLOCKS for line in block]
    in_sentences = re.findall(r"`((?:director|doit) [^`]+)`", README.replace("\n", " "))
    names = {"parser": "alpha", " cli": " gamma", '"…"': '"another"'}
    commands = in_blocks + in_sentences
    for shown, name in names.items():
        commands = [command.replace(shown, name) for command in commands]
    told = [command for command in commands if not command.startswith(INSTALLING)]
    return sorted(told, key=lambda command: "--new" in command)


def test_every_command_of_the_readme_works(project: Project) -> None:
    commands = shown_commands()
    failed = []
    project.file("profiles").mkdir()
    specification = project.root / "specs/001-json"
    specification.mkdir(parents=True)
    (specification / "spec.md").write_text("# Feature Specification: JSON\n\nA --json option.\n")
    for profile in ("all-frontier", "local-first"):
        project.file(f"profiles/{profile}.toml").write_text(project.file("config.toml").read_text())

    for command in commands:
        program, *arguments = shlex.split(command)
        run = project.doit if program == "doit" else project.director
        done = run(*arguments)
        if done.code not in (0, 4) or "Traceback" in done.out + done.err:
            failed.append(f"{command}: {done.code}\n{done.out}{done.err}")

    assert len(commands) > 15
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("block", [0, 1])
def test_the_two_commands_of_the_start_are_one_line_each(block: int) -> None:
    assert len(BLOCKS[block]) == 1
