"""What users get wrong: one clear message with the next step, exit code 2, no traceback, and nothing is created."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from director.cli.main import main
from tests.project import CONFIG, Done, Project, node
from tests.refusals import assert_refused, everything

Director = Callable[..., Done]


@pytest.fixture
def director(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Director:
    """Run director in a directory. Within this process: there are many mistakes, and Python takes its time to start."""

    def run(directory: Path, *arguments: str) -> Done:
        monkeypatch.chdir(directory)
        code = main(arguments)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


def test_without_git(director: Director, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    done = director(project.root, "status")

    assert_refused(done, "git was not found", "install git 2.38 or newer and put it on PATH")


@pytest.mark.parametrize("words", [["plan", "x"], ["run"], ["status"], ["list"], ["pending"], ["clean"]], ids=" ".join)
def test_without_a_configuration(director: Director, project: Project, words: list[str]) -> None:
    project.file("config.toml").unlink()
    before = everything(project.root)

    done = director(project.root, *words)

    assert_refused(done, "there is no configuration at '.director/config.toml'", "write one with 'director init'")
    assert everything(project.root) == before


@pytest.mark.parametrize(
    ("config", "message", "hint"),
    [
        (
            "[tiers\n",
            "'.director/config.toml', line 1, column 7, is not TOML: expected ']' at the end of a table declaration",
            "text wants quotes, a table a [header]; https://toml.io has the rules",
        ),
        (
            CONFIG + "max_atempts = 3\n",
            "the configuration cannot be used:\n"
            "  - .director/config.toml: 'limits.max_atempts' is not known: did you mean 'max_attempts'?",
            "",
        ),
    ],
    ids=["broken", "unknown key"],
)
def test_with_a_configuration_that_cannot_be_used(
    director: Director, project: Project, config: str, message: str, hint: str
) -> None:
    project.file("config.toml").write_text(config)
    before = everything(project.root)

    done = director(project.root, "plan", "x")

    assert_refused(done, message, hint)
    assert everything(project.root) == before


def test_with_a_cassette_that_has_no_answer(director: Director, project: Project) -> None:
    project.file("cassette.yaml").write_text("version: 1\ncalls: []\n")

    done = director(project.root, "plan", "x", "-q")

    assert done.code == 1
    said = "no entry of the cassette '.director/cassette.yaml' answers 'explorer recon 1'"
    assert f"recon            failed: {said}" in done.out
    assert "Traceback" not in done.out + done.err
    assert project.asked() == []


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (None, "'task.md' cannot be read: no such file or directory", "name a text file"),
        (b"\x7fELF\x00\x01", "'task.md' is not text", "give it as text in UTF-8"),
        ("größer".encode("latin-1"), "'task.md' is not text in UTF-8", "save it as UTF-8"),
        (b" \n\n", "the task is empty", "say what you want done"),
        (b"", "the task is empty", "say what you want done"),
    ],
    ids=["missing", "binary", "latin-1", "blank", "empty"],
)
def test_with_a_task_file_that_holds_no_task(
    director: Director, project: Project, content: bytes | None, message: str, hint: str
) -> None:
    if content is not None:
        (project.root / "task.md").write_bytes(content)
    before = everything(project.root)

    done = director(project.root, "plan", "--file", "task.md")

    assert_refused(done, message, hint)
    assert everything(project.root) == before


def test_with_a_task_file_that_is_a_directory(director: Director, project: Project) -> None:
    done = director(project.root, "plan", "--file", ".director")

    assert_refused(done, "'.director' cannot be read: is a directory", "name a text file")


@pytest.mark.parametrize(
    ("stdin", "message"), [(b"", "the task is empty"), (b"\xff\xfe", "standard input is not text in UTF-8")]
)
def test_with_a_pipe_that_holds_no_task(
    director: Director, project: Project, stdin: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(project.root)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))

    done = director(project.root, "plan", "-")

    assert done.code == 2
    assert done.err.startswith(f"error: {message}\nhint: ")
    assert everything(project.root) == before


def test_a_byte_order_mark_is_no_part_of_the_task(director: Director, project: Project) -> None:
    (project.root / "task.md").write_bytes(b"\xef\xbb\xbfwrite the modules\r\n")

    director(project.root, "plan", "--file", "task.md")

    assert project.file("task.md").read_bytes() == b"write the modules\n"


def test_with_a_base_that_is_no_commit(director: Director, project: Project) -> None:
    before = everything(project.root)

    done = director(project.root, "plan", "x", "--base", "nosuch")

    assert_refused(done, "'nosuch' is not a commit of this repository", "give a branch, tag or commit")
    assert everything(project.root) == before


@pytest.mark.parametrize("words", [["run"], ["run:alpha"], ["integrate"], ["run", "--auto"]], ids=" ".join)
def test_running_before_there_is_a_task(director: Director, project: Project, words: list[str]) -> None:
    before = everything(project.root)

    done = director(project.root, *words)

    assert_refused(done, "there is no task yet", 'say what you want done: director plan "…"')
    assert everything(project.root) == before


@pytest.mark.parametrize("words", [["plan", "x"], ["run"], ["status"], ["init", "--yes"]], ids=" ".join)
@pytest.mark.parametrize("by", ["place", "variable"])
def test_with_a_file_in_place_of_the_jobs_directory(
    director: Director, project: Project, words: list[str], by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project.root / ("README.md" if by == "variable" else ".director")
    if by == "variable":
        monkeypatch.setenv("DIRECTOR_DIR", str(place))
    else:
        for path in place.iterdir():
            path.unlink()
        place.rmdir()
        place.write_text("mine")
    before = everything(project.root)

    done = director(project.root, *words)

    hint = "DIRECTOR_DIR names the directory of a job" if by == "variable" else "a job's files go there: move it away"
    assert_refused(done, f"'{place}' is not a directory", hint)
    assert everything(project.root) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_with_a_directory_that_may_not_be_written(director: Director, project: Project) -> None:
    project.file("").chmod(0o555)

    done = director(project.root, "plan", "x")

    project.file("").chmod(0o755)
    assert done.code == 2
    assert "cannot be used: permission denied" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("name", ["lock", "task.md", "doit.db", "costs.jsonl", "spec.md", "plan.json"])
def test_with_a_directory_in_place_of_a_file_of_the_job(director: Director, project: Project, name: str) -> None:
    project.file(name).mkdir()

    done = director(project.root, "plan", "x", "--auto", "--no-critique")

    assert done.code == 2
    assert f"{project.file(name)}' cannot be " in done.err + done.out
    assert "Traceback" not in done.err + done.out


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda project: project.file("plan.json").write_text("{"), 2),
        (lambda project: project.file("nodes/alpha.json").write_text("[]"), 0),
        (lambda project: project.file("tests/alpha.json").write_text("{}"), 0),
        (lambda project: project.file("approved/plan.json").write_text("no"), 4),
        (lambda project: project.file("merged/alpha.json").write_text("{}"), 0),
        (lambda project: project.file("integration.json").write_text("{}"), 0),
        (lambda project: project.file("spec.md").write_text(""), 2),
        (lambda project: project.git("update-ref", "-d", f"refs/heads/{project.branch}"), 2),
    ],
    ids=["plan", "slice", "lock", "approval", "marker", "integration", "spec", "branch"],
)
def test_after_something_of_the_job_was_spoiled(
    director: Director, tmp_path: Path, spoil: Callable[[Project], None], code: int
) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha")])
    assert director(project.root, "plan", "write a module", "--auto", "--no-critique").code == 0
    assert director(project.root, "run").code == 0
    spoil(project)

    status, pending, run = (director(project.root, word) for word in ("status", "pending", "run"))

    assert (status.code, pending.code, run.code) in {(0, 0, code), (2, 2, code)}
    for done in (status, pending, run):
        assert "Traceback" not in done.out + done.err
        assert ("hint: " in done.out + done.err) == (done.code in (2, 4))
