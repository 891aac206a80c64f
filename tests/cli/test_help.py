"""What `director` says about itself, and how quickly."""

import subprocess
import sys
from pathlib import Path

import pytest

from director import __version__
from director.cli.main import main
from director.cli.words import COMMANDS
from director.core.errors import ExitCode

GOLDEN = Path(__file__).with_name("help.txt")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"], ["help", "help"]], ids=" ".join)
def test_director_alone_tells_what_there_is(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = main(arguments)

    assert code == 0
    assert capsys.readouterr().out == GOLDEN.read_text()


def test_the_help_names_every_command_and_every_exit_code() -> None:
    text = " ".join(GOLDEN.read_text().split())

    assert [name for name in COMMANDS if f" {name} " not in text] == []
    assert [code for code in ExitCode if f" {code.value} " not in text] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([name, "--help"])

    said = capsys.readouterr()
    assert code == 0
    assert said.out.startswith(f"usage: director {name} ")
    assert f"\n\n{COMMANDS[name].help[0].upper()}{COMMANDS[name].help[1:]}.\n" in said.out
    assert said.err == ""


@pytest.mark.parametrize("arguments", [["help", "plan"], ["plan", "-h"], ["plan", "text", "--auto", "--help"]])
def test_the_help_of_a_command_is_found_in_several_ways(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["plan", "--help"])
    expected = capsys.readouterr().out

    code = main(arguments)

    assert code == 0
    assert capsys.readouterr().out == expected


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--version"])

    assert code == 0
    assert capsys.readouterr().out == f"director {__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_loads_nothing_that_takes_time(arguments: list[str]) -> None:
    program = (
        f"import sys; from director.cli.main import main; main({arguments}); sys.stderr.write(' '.join(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert loaded & {"rich", "pydantic", "doit", "jinja2", "yaml", "psutil", "platformdirs", "filelock"} == set()
