"""What is said about a program of the user's own that cannot be used."""

from pathlib import Path

import pytest

from director.core.config.programs import CommandProgram
from director.core.errors import ConfigError
from director.job.configuration import load_config

HEAD = '[tiers]\nplanner = "command:aider/a"\nexecutor = "command:aider/b"\n[backends.command.programs.aider]\n'
PLACE = ".director/config.toml: 'backends.command.programs.aider"


def load(repository: Path, text: str) -> CommandProgram:
    (repository / ".director").mkdir()
    (repository / ".director" / "config.toml").write_text(HEAD + text, encoding="utf-8")
    return load_config(repository, repository / ".director").backends["command"].programs["aider"]


def test_a_program_is_read_as_it_is_written(tmp_path: Path) -> None:
    program = load(
        tmp_path,
        'argv = ["aider", "--message-file", "{prompt_file}", "--model", "{model}"]\nstdin = "none"\n'
        'exit_codes = {75 = "rate_limited"}\n[backends.command.programs.aider.usage]\ninput = "/usage/0/~1in"',
    )

    assert program.argv == ("aider", "--message-file", "{prompt_file}", "--model", "{model}")
    assert (program.exit_codes, program.usage.input) == ({"75": "rate_limited"}, "/usage/0/~1in")


def test_a_script_takes_its_values_as_arguments(tmp_path: Path) -> None:
    assert load(tmp_path, """argv = ["sh", "-c", 'mine "$1"', "sh", "{model}"]""").argv[4] == "{model}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("argv = []", "argv': it is empty: begin with the name of the program"),
        ('argv = ["a", "x{modle}"]', "argv': there is no placeholder '{modle}': write one of {prompt_file}, "),
        ('argv = ["{model}"]', "argv': the program itself cannot be a placeholder: name it"),
        ('argv = ["/bin/bash", "-ec", "a {model}"]', "argv': a placeholder would become a part of a shell script: "),
        ('argv = "a b"', "argv' is the string 'a b': make it a list of strings"),
        ('argv = ["a"]\nstdin = "file"', "stdin' is the string 'file': make it one of prompt, none"),
        ('argv = ["a"]\nstdin = "none"', "': nothing brings the prompt: write {prompt_file} into argv"),
        ('argv = ["a"]\ntext = "file"', '\': text = "file" and {text_file} in argv go together'),
        ('argv = ["a", "{text_file}"]', '\': text = "file" and {text_file} in argv go together'),
        ('argv = ["a"]\ntext = "result"', "text': 'result' is no place of an answer: write 'stdout', 'file', or one"),
        (
            'argv = ["a"]\ntext = "/a~"',
            "text': '/a~' is no place in a JSON value: write one like '/usage/input_tokens'",
        ),
        ('argv = ["a"]\ncost = "usd"', "cost': 'usd' is no place in a JSON value"),
        ('argv = ["a"]\nusage = {inputs = "/a"}', "usage.inputs' is not known: did you mean 'input'?"),
        ('argv = ["a"]\nexit_codes = {x = "done"}', "exit_codes': 'x' is no exit status: write a number"),
        ('argv = ["a"]\nexit_codes = {3 = "bad"}', "exit_codes.3' is the string 'bad': make it one of done, error, "),
        ('argv = ["a"]\ntexts = "stdout"', "texts' is not known: did you mean 'text'?"),
    ],
)
def test_what_cannot_be_used_is_an_error_with_its_place_and_a_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)

    joined = f"{PLACE}{'' if said.startswith(chr(39)) else '.'}{said}"
    assert joined in caught.value.message


def test_a_missing_template_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"'backends.command.programs.aider.argv' is missing: add it, a list of strings"
    ):
        load(tmp_path, 'text = "stdout"')
