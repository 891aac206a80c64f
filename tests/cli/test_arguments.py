"""How arguments are read: what users type, and what they mistype."""

from pathlib import Path

import pytest

from director.cli.main import main
from director.cli.words import COMMANDS
from director.core.errors import ConfigError
from tests.project import Project


@pytest.mark.parametrize(
    "arguments",
    [
        ["text", "--auto", "-n", "2"],
        ["--auto", "text", "-n", "2"],
        ["--auto", "-n", "2", "text"],
        ["-n2", "--auto", "text"],
        ["--parallel=2", "text", "--auto"],
        ["--auto", "-n", "2", "--", "text"],
    ],
    ids=" ".join,
)
def test_options_stand_anywhere(arguments: list[str]) -> None:
    args = COMMANDS["plan"].parser().read(arguments)

    assert (args.task, args.auto, args.parallel) == (["text"], True, 2)


@pytest.mark.parametrize(
    "text",
    [
        "a=b",
        "--flag is what it should know",
        "-x y",
        "--auto mode",
        "--flie=x is not an option\nhere",
        "- a list\n- of things",
        "",
        "-1",
        "ä → ü",
        "-",
    ],
)
def test_a_task_may_be_any_text(text: str) -> None:
    args = COMMANDS["plan"].parser().read(["--new", text, "-q"])

    assert (args.task, args.new, args.quiet, args.auto) == ([text], True, True, False)


@pytest.mark.parametrize("text", ["-fix", "--auto", "--", "-n", "-1x"])
def test_after_two_dashes_one_word_is_text_too(text: str) -> None:
    args = COMMANDS["plan"].parser().read(["--auto", "--", text])

    assert (args.task, args.auto) == ([text], True)


def test_an_option_may_hold_blanks() -> None:
    args = COMMANDS["plan"].parser().read(["--file=my task.md", "--repo", "my project"])

    assert (args.file, args.repo) == ("my task.md", Path("my project"))


def test_a_directory_may_begin_with_a_dash() -> None:
    args = COMMANDS["demo"].parser().read(["--", "-demo"])

    assert args.directory == Path("-demo")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plann"], "error: there is no command or task 'plann'\nhint: did you mean 'plan'?"),
        (["intergrate"], "error: there is no command or task 'intergrate'\nhint: did you mean 'integrate'?"),
        (["xyzzy"], "error: there is no command or task 'xyzzy'\nhint: 'director --help' lists them"),
        ([""], "error: there is no command or task ''\nhint: 'director --help' lists them"),
        (["help", "xyzzy"], "error: there is no command or task 'xyzzy'\nhint: 'director --help' lists them"),
        (["--quiet"], "error: director itself has no option '--quiet'\nhint: options stand after the command"),
        (["plan", "--fle", "x"], "error: 'director plan' has no option '--fle'\nhint: did you mean '--file'?"),
        (["plan", "--aut"], "error: 'director plan' has no option '--aut'\nhint: did you mean '--auto'?"),
        (["run", "-x"], "error: 'director run' has no option '-x'\nhint: 'director run --help' lists its options"),
        (["run:a", "--repos=x"], "error: 'director run' has no option '--repos'\nhint: did you mean '--repo'?"),
        (["list", "--al"], "error: 'director list' has no option '--al'\nhint: did you mean '--all'?"),
        (["status", "now"], "error: 'now' is one word too many\nhint: 'director status --help' says what it takes"),
        (
            ["run", "-n", "0"],
            "error: '-n/--parallel': '0' is not a number above 0\nhint: 'director run --help' says what it takes",
        ),
        (
            ["run", "-n"],
            "error: '-n/--parallel': expected one argument\nhint: 'director run --help' says what it takes",
        ),
        (
            ["show"],
            "error: the following arguments are required: NODE\nhint: 'director show --help' says what it takes",
        ),
        (
            ["run", "-q", "-v"],
            "error: '-v/--verbose': not allowed with argument -q/--quiet\n"
            "hint: 'director run --help' says what it takes",
        ),
        (
            ["plan", "add", "an", "option's name"],
            "error: the task is given as 3 words\n"
            """hint: put it in quotes: director plan 'add an option'"'"'s name'""",
        ),
        (
            ["plan", "x", "--file", "y"],
            "error: the task is given twice\nhint: give it as text or with --file, not both",
        ),
        (
            ["plan", "--new"],
            "error: '--new' is for another task\nhint: say what you want done: director plan --new \"…\"",
        ),
        (["plan", " \n"], "error: the task is empty\nhint: say what you want done"),
        (
            ["plan", "x", "--no-critique"],
            "error: '--no-critique' says how '--auto' approves\nhint: add --auto to have nobody asked",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistyped_command_line_is_told_with_the_next_step(
    arguments: list[str],
    said: str,
    project: Project,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project.root)

    code = main(arguments)

    told = capsys.readouterr()
    assert code == 2
    assert told.err == f"{said}\n"
    assert told.out == ""
    assert {path.name for path in project.file("").iterdir()} == {"config.toml", "cassette.yaml"}


def test_the_name_of_a_node_in_place_of_a_command_suggests_its_task(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    project.file("nodes").mkdir()
    project.file("nodes/alpha.json").write_text("{}")

    code = main(["alpa"])

    assert code == 2
    assert "did you mean 'run:alpha'?" in capsys.readouterr().err


def test_a_mistake_in_the_arguments_carries_its_hint() -> None:
    with pytest.raises(ConfigError) as caught:
        COMMANDS["completion"].parser().read(["tcsh"])

    assert "tcsh" in caught.value.message
    assert caught.value.hint == "'director completion --help' says what it takes"
