"""The real programs work with the model server, and a role that only reads does nothing else.

OpenCode takes many seconds for a start and has tests of its own.
"""

import os
from pathlib import Path

import pytest

from director.shell import processes
from director.shell.processes import Finished, Limits
from tests.agents.invocations import INVOCATIONS, Bench
from tests.agents.model_server import ModelServer, results_of
from tests.agents.programs import argv_of, needs
from tests.agents.record_events import SCRIPTS

each_program = pytest.mark.parametrize(
    "program", [pytest.param(name, marks=needs(name)) for name in ("claude-code", "codex", "pi", "gemini")]
)


def run(program: str, server: ModelServer, model: str, root: Path, *, writes: bool = True) -> Finished:
    bench = Bench(server, model, root / "repo", root / "home", writes=writes, is_structured=False)
    bench.home.mkdir()
    bench.repository.mkdir()
    (bench.repository / "a.txt").write_text("readable\n")
    processes.capture(["git", "init", "--quiet"], cwd=bench.repository, env=dict(os.environ))
    invocation = INVOCATIONS[program](bench)
    return processes.run(
        invocation.argv,
        cwd=bench.repository,
        env={"HOME": str(bench.home), "PATH": os.environ["PATH"], "TMPDIR": str(root), **invocation.environment},
        output=root / "output",
        stdin=b"Please do it.",
        limits=Limits(wall=120),
        mark=f"programs/{root.name}",
    )


@each_program
def test_a_program_writes_and_runs_what_the_model_wants(program: str, tmp_path: Path) -> None:
    with ModelServer() as server:
        finished = run(program, server, "happy", tmp_path)

    assert finished.succeeded, (tmp_path / "output").read_text()
    assert (tmp_path / "repo" / "hello.txt").read_text() == "hello\n"
    assert "hello" in results_of(server.asked[-1].messages)[-1]
    assert len(server.asked) == 3, "no further call, such as for a title"


@each_program
def test_a_program_that_only_reads_neither_writes_nor_runs(program: str, tmp_path: Path) -> None:
    with ModelServer(SCRIPTS) as server:
        finished = run(program, server, "denied", tmp_path, writes=False)

    assert finished.succeeded, (tmp_path / "output").read_text()
    assert [path.name for path in (tmp_path / "repo").iterdir() if path.name != ".git"] == ["a.txt"]
    assert any("readable" in result for result in results_of(server.asked[-1].messages))


def test_a_program_that_is_named_by_the_environment_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIRECTOR_TEST_CLAUDE_CODE", "/opt/claude")

    assert argv_of("claude-code") == ["/opt/claude"]


def test_what_is_missing_is_said_with_the_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.agents.programs.INSTALLED", tmp_path)
    (tmp_path / "npm").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    mark = needs("codex", "pi").mark

    assert mark.args == (True,)
    assert mark.kwargs == {"reason": "NOT INSTALLED: codex, pi (run tests/install-agents codex pi)"}
