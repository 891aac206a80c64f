"""director ui as people run it: the page of a job from before there is one."""

import hashlib
import re
import signal
import sys
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

import director.report
from director.cli.main import main
from tests.project import Project
from tests.running import Running, pause_at_spec


def served(project: Project, *words: str) -> tuple[Running, int]:
    """Serve a job's page at a free port; return the server, and the port that it tells."""
    running = Running.start(project, "ui", "--port", "0", *words)
    running.says("the job's page is at")
    found = re.search(r"http://127\.0\.0\.1:(\d+)/; Ctrl-C ends it\n", running.said)
    assert found, running.said
    return running, int(found[1])


def ask(port: int, path: str = "/") -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    return connection.getresponse()


def page(port: int) -> str:
    return ask(port).read().decode()


def next_news(stream: HTTPResponse) -> str:
    """Wait for the next event and return what it says."""
    while not (line := stream.readline().decode()).startswith("data: "):
        assert line
    return line.removeprefix("data: ").strip()


def revision(text: str) -> str:
    found = re.search('<body data-page="[a-z]+" data-revision="([0-9a-f]{16})">', text)
    assert found, text[:2000]
    return found[1]


def digests(directory: Path) -> dict[str, str]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_page_follows_a_job_from_before_it_begins_and_writes_nothing(project: Project) -> None:
    running, port = served(project)
    stream = ask(port, "/events")
    first = next_news(stream)

    before = page(port)
    pause_at_spec(project)
    told = next_news(stream)
    files = digests(project.root)
    after = page(port)

    assert revision(before) == first
    assert "There is no job here yet" in before
    assert "Start one: director plan &#34;what you want done&#34;" in before
    assert told != first
    assert "spec.md waits for your approval." in after
    assert "<code>director approve</code>" in after
    assert digests(project.root) == files
    running.process.send_signal(signal.SIGINT)
    assert running.ends() == 130
    assert running.said.count("\n") == 1


def test_a_job_that_cannot_be_read_has_a_page_that_says_why(project: Project) -> None:
    project.file("config.toml").write_text("[limits]\nmax_attempts = 0\n")
    running, port = served(project)

    text = page(port)

    assert "The configuration cannot be used:" in text
    assert "limits.max_attempts" in text
    running.process.terminate()
    running.ends()


def test_a_missing_server_library_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "director.report.serving", raising=False)
    monkeypatch.delattr(director.report, "serving", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    code = main(["ui", "--repo", str(project.root)])

    assert code == 2
    assert capsys.readouterr().err == (
        "error: 'director ui' needs the Python module 'uvicorn', which is not installed\n"
        "hint: install what it needs: pip install 'director-doit[ui]'\n"
    )


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_is_a_number(project: Project, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["ui", f"--port={port}", "--repo", str(project.root)])

    assert code == 2
    assert f"'{port}' is not a port, a number up to 65535" in capsys.readouterr().err
