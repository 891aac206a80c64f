"""director doctor: what is there, what is missing, and what to do about it."""

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from director.cli.main import main
from director.shell import processes
from tests.project import Project

GOLDEN = Path(__file__).parent
AGENT = Path(__file__).parents[1] / "agents" / "acp_agent.py"
CONFIG = """\
[tiers]
planner = "replay:.director/cassette.yaml"
executor = "acp:{agent} answer#big"

[gates]
test = "python3 -m unittest"
{more}"""
OPENCODE = """\
#!/bin/sh
if [ "$1" = --version ]; then echo 1.18.33; else printf 'local/small\\nlocal/big\\n'; fi
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository whose executor is a scripted agent; the planner is replayed."""
    project = Project.create(tmp_path / "repository")
    monkeypatch.chdir(project.root)
    configure(project)
    return project


def agent(scenario: str = "") -> str:
    return " ".join(filter(None, (shlex.join([sys.executable, str(AGENT)]), scenario)))


def configure(project: Project, *, executor: str = "", more: str = "") -> None:
    text = CONFIG.format(agent=agent(), more=more)
    if executor:
        text = re.sub(r"executor = .*", f'executor = "{executor}"', text)
    project.file("config.toml").write_text(text)


def normalised(text: str, project: Project) -> str:
    """Replace what differs from one machine to the next."""
    for found, name in {
        str(AGENT): "agent.py",
        str(project.root): "REPOSITORY",
        sys.executable: "PYTHON",
    }.items():
        text = text.replace(found, name)
    text = re.sub(r"(director|python|git) +\d+\.\d+\S*", r"\1 VERSION", text)
    text = re.sub(r"agents and tests run as '\w+'.*", "agents and tests run as 'USER'", text)
    text = re.sub(r"\nadvice: isolation: .*\n", "", text)
    return re.sub(r"\b\d+\.\d s\b", "1.0 s", re.sub(r" {2,}", "  ", text))


def said(capsys: pytest.CaptureFixture[str], project: Project) -> str:
    printed = capsys.readouterr()
    assert printed.err == ""
    return normalised(printed.out, project)


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_where_nothing_is_missing_it_says_so(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor"])

    assert said(capsys, here) == (GOLDEN / "doctor.txt").read_text()
    assert code == 0


def test_each_tier_is_asked_once_and_what_that_cost_is_said(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    configure(here, more=f'[pricing."acp:{agent("answer#big")}"]\ninput = 1000.0\noutput = 10000.0\n')

    code = main(["doctor", "--live"])

    assert said(capsys, here) == (GOLDEN / "doctor-live.txt").read_text()
    assert code == 0
    assert here.records("costs.jsonl") == []
    assert not processes.marked_processes("doctor")


def test_what_is_missing_is_told_with_its_remedy(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    configure(here, executor="no-such-provider/model", more='[backends.opencode]\ncommand = "no-such-program"\n')
    here.file("cassette.yaml").unlink()

    code = main(["doctor"])

    assert said(capsys, here) == (GOLDEN / "doctor-missing.txt").read_text()
    assert code == 2


def test_an_agent_that_gives_no_answer_is_missing(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    configure(here, executor=f"acp:{agent('unauthorised')}")

    code = main(["doctor", "--live", "--json"])

    told = document(capsys)
    executor = next(role for role in told["roles"] if role["role"] == "executor")
    assert code == 2
    assert told["fine"] is False
    assert executor["missing"] == "it gave no answer (refused): the key is not valid (HTTP 401)"
    assert executor["remedy"] == "check the login of the program, the model's name, and your rights to it"
    assert executor["answer"]["end"] == "refused"


def test_the_document_tells_what_the_table_does(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json"])

    told = document(capsys)
    assert code == 0
    assert (told["version"], told["fine"], told["cost_usd"], told["unpriced_calls"]) == (1, True, 0, 0)
    assert [check["name"] for check in told["checks"]] == [
        "director",
        "python",
        "git",
        "repository",
        "configuration",
        "role files",
        "gates",
        "isolation",
    ]
    assert {role["role"]: role["backend"] for role in told["roles"]} == {
        "explorer": "acp",
        "brainstorm": "replay",
        "planner": "replay",
        "test_author": "replay",
        "executor": "acp",
        "escalation": "replay",
        "reviewer": "replay",
    }
    assert told["roles"][0] == {
        "role": "explorer",
        "tier": f"acp:{agent('answer#big')}",
        "backend": "acp",
        "program": sys.executable,
        "version": "Scripted 1.2.3",
        "login": "",
        "answer": None,
        "missing": "",
        "remedy": "",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no configuration at '.director/config.toml'"),
        ("[tiers", "'.director/config.toml' is not TOML"),
        ("[tiers]\nplanner = 7\n", "the configuration cannot be used"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told_with_all_that_can(
    here: Project, capsys: pytest.CaptureFixture[str], text: str | None, message: str
) -> None:
    here.file("config.toml").unlink()
    if text:
        here.file("config.toml").write_text(text)

    code = main(["doctor", "--json"])

    told = document(capsys)
    missing = {check["name"]: check["missing"] for check in told["checks"] if check["missing"]}
    assert code == 2
    assert list(missing) == ["configuration"]
    assert missing["configuration"].startswith(message)
    assert told["roles"] == []


def test_outside_of_a_repository_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    code = main(["doctor"])

    assert code == 2
    assert "missing: repository: " in capsys.readouterr().out


def test_gates_are_suggested_where_there_are_none(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.file("config.toml").write_text('[tiers]\nplanner = "replay:.director/cassette.yaml"\nexecutor = "acp:true"\n')
    (here.root / "Makefile").write_text("test:\n\ttrue\n")

    main(["doctor", "--json"])

    gates = next(check for check in document(capsys)["checks"] if check["name"] == "gates")
    assert gates["said"] == "none: only the nodes' own tests decide"
    assert gates["advice"] == 'name some under [gates] in the configuration, such as\nmake = "make test"'


def test_the_job_is_left_alone(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in here.file("").rglob("*")}

    main(["doctor", "--live"])

    assert {path: path.stat().st_mtime_ns for path in here.file("").rglob("*")} == before


def test_a_replayed_tier_has_nobody_to_ask(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    configure(here, executor="replay:.director/cassette.yaml")

    code = main(["doctor", "--live"])

    assert code == 0
    assert "there was nobody to ask\n" in capsys.readouterr().out


def test_models_are_listed_as_tiers(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["models", "acp"])

    assert code == 0
    assert capsys.readouterr().out == f"acp:{agent('answer#small')}\nacp:{agent('answer#big')}\n"


def test_models_of_an_agent_are_listed_before_there_is_a_configuration(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    here.file("config.toml").unlink()

    code = main(["models", f"acp:{agent('answer')}", "--match", "BIG"])

    assert code == 0
    assert capsys.readouterr().out == f"acp:{agent('answer#big')}\n"


def test_a_backend_that_cannot_tell_does_not_keep_others_from_it(
    here: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "opencode").write_text(OPENCODE)
    (tmp_path / "opencode").chmod(0o755)
    configure(
        here, executor=f"acp:{agent('login')}", more=f'[backends.opencode]\ncommand = "{tmp_path / "opencode"}"\n'
    )

    code = main(["models", "--json"])

    told = document(capsys)
    assert code == 0
    assert told["models"] == {"opencode": ["opencode:local/small", "opencode:local/big"]}
    assert told["errors"]["acp"]["missing"].endswith("opens no session: nobody has logged in")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("replay", "error: the backend 'replay' cannot list its models\n"),
        ("nothing", "error: there is no backend 'nothing' (installed: "),
    ],
)
def test_a_backend_that_is_named_and_cannot_tell_is_an_error(
    here: Project, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    code = main(["models", name])

    assert code == 2
    assert capsys.readouterr().err.startswith(message)
