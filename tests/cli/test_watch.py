"""director status --watch: told again when something has changed."""

import json
import signal
import sys

import pytest

from director.cli.main import main
from tests.cli.terminal import Terminal, screen
from tests.project import Project
from tests.running import Running, pause_at_spec

NO_JOB = 'there is no job here yet; start one: director plan "what you want done"'


def test_in_a_pipe_the_status_is_printed_again_when_it_has_changed(project: Project) -> None:
    running = Running.start(project, "status", "--watch")
    running.says(NO_JOB)

    pause_at_spec(project)
    running.says("in 2 calls")
    running.process.send_signal(signal.SIGINT)

    assert running.ends() == 130
    assert running.said.count(NO_JOB) == 1
    assert "\n\nthere is no plan yet\njob " in running.said
    assert "Traceback" not in running.said


def test_as_json_each_state_is_a_line(project: Project) -> None:
    running = Running.start(project, "status", "--watch", "--json")
    running.says("{")
    running.process.send_signal(signal.SIGINT)

    assert running.ends() == 130
    assert (json.loads(running.said)["job"], running.said.count("\n")) == ("", 1)


def test_a_request_that_cannot_be_used_is_told_at_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["status", "--watch", "--profile", "nobody", "--repo", str(project.root)])

    assert code == 2
    assert capsys.readouterr().err.startswith("error: there is no profile 'nobody'\n")


def test_at_a_terminal_it_is_drawn_over_and_ctrl_c_leaves_it_as_it_was(project: Project) -> None:
    terminal = Terminal.start([sys.executable, "-m", "director", "status", "--watch"], project.root)
    terminal.read_until("there is no job here yet")
    pause_at_spec(project)
    terminal.read_until("goes on")
    terminal.interrupt()
    code = terminal.finish()

    assert code == 130
    assert "Traceback" not in terminal.raw
    assert terminal.raw.rfind("\x1b[?25h") > terminal.raw.rfind("\x1b[?25l") >= 0
    assert [line for line in screen(terminal.raw) if "no job here" in line] == []
