"""What users get wrong: one clear message with the next step, exit code 2, no traceback, and nothing is created."""

import io
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from director.cli.main import main
from tests.project import CONFIG, Done, Project, node

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


def contents(root: Path) -> dict[str, bytes]:
    """Return every file below a directory, of git's own the refs only."""
    found = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in found.items()
        if ".git" not in Path(name).parts or Path(name).parts[1] in ("refs", "packed-refs")
    }


def assert_refused(done: Done, message: str, hint: str = "") -> None:
    """Check the form of a refusal: the message, the hint, and nothing else."""
    assert done.code == 2, done.out + done.err
    assert done.out == ""
    expected = f"error: {message}\n" + (f"hint: {hint}\n" if hint else "")
    assert done.err == expected
    assert message[0].islower() or message[0] in "'("
    assert not message.endswith(".")
    assert not hint.endswith(".")


def test_outside_a_repository(director: Director, tmp_path: Path) -> None:
    done = director(tmp_path, "plan", "x")

    assert_refused(done, f"'{tmp_path}' is not inside a git repository", "run 'git init' and commit, or use --repo")
    assert contents(tmp_path) == {}


def test_in_a_bare_repository(director: Director, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "."], cwd=tmp_path, check=True)
    before = contents(tmp_path)

    done = director(tmp_path, "plan", "x")

    assert_refused(done, f"'{tmp_path}' is a bare repository", "run director in a clone that has files")
    assert contents(tmp_path) == before


def test_in_a_repository_without_a_commit(director: Director, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    (tmp_path / ".director").mkdir()
    (tmp_path / ".director" / "config.toml").write_text(CONFIG)
    before = contents(tmp_path)

    done = director(tmp_path, "plan", "x")

    assert_refused(done, "the repository has no commit yet", "commit something: a job starts from HEAD")
    assert contents(tmp_path) == before


def test_without_git(director: Director, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    done = director(project.root, "status")

    assert_refused(done, "git was not found", "install git 2.38 or newer and put it on PATH")


@pytest.mark.parametrize("words", [["plan", "x"], ["run"], ["status"], ["list"], ["pending"], ["clean"]], ids=" ".join)
def test_without_a_configuration(director: Director, project: Project, words: list[str]) -> None:
    project.file("config.toml").unlink()
    before = contents(project.root)

    done = director(project.root, *words)

    assert_refused(done, "there is no configuration at '.director/config.toml'", "write one with 'director init'")
    assert contents(project.root) == before


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
    before = contents(project.root)

    done = director(project.root, "plan", "x")

    assert_refused(done, message, hint)
    assert contents(project.root) == before


def test_with_a_backend_that_is_not_installed(director: Director, project: Project) -> None:
    project.file("config.toml").write_text(CONFIG.replace('executor = "replay:', 'executor = "nosuch:'))
    before = contents(project.root)

    done = director(project.root, "plan", "x")

    assert_refused(
        done,
        "there is no backend 'nosuch' (installed: opencode, replay)",
        "mend the tier in config.toml, or install the package that brings the backend",
    )
    assert contents(project.root) == before


def test_with_an_agent_program_that_is_not_on_path(
    director: Director, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    only_git = tmp_path / "bin"
    only_git.mkdir()
    git = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    (only_git / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(only_git))
    project.file("config.toml").write_text('[tiers]\nplanner = "opencode:a/b"\nexecutor = "opencode:a/b"\n')

    done = director(project.root, "plan", "x")

    assert done.code == 2
    assert "'opencode'" in done.out
    assert "hint: install it with" in done.out
    assert "Traceback" not in done.out + done.err
    assert project.asked() == []


@pytest.mark.parametrize(
    ("cassette", "code", "said"),
    [
        (None, 2, "the cassette '.director/cassette.yaml' is not a regular file\nhint: "),
        ("calls: [\n", 2, "'.director/cassette.yaml', line 2, column 1, is not YAML: "),
        (
            "version: 1\ncalls: [{role: cook, task: x}]\n",
            2,
            "'.director/cassette.yaml' cannot be played as a cassette:\n",
        ),
        ("version: 1\ncalls: []\n", 1, "no entry of the cassette '.director/cassette.yaml' answers 'explorer recon 1'"),
    ],
    ids=["missing", "no YAML", "unknown role", "no entry"],
)
def test_with_a_cassette_that_cannot_be_played(
    director: Director, project: Project, cassette: str | None, code: int, said: str
) -> None:
    if cassette is None:
        project.file("cassette.yaml").unlink()
    else:
        project.file("cassette.yaml").write_text(cassette)

    done = director(project.root, "plan", "x", "-q")

    assert done.code == code
    assert f"recon            failed: {said}" in done.out
    assert "Traceback" not in done.out + done.err
    assert project.asked() == []


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (None, "'task.md' cannot be read: no such file or directory", "give --file a text file"),
        (b"\x7fELF\x00\x01", "'task.md' is not text", "give the task as text in UTF-8"),
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
    before = contents(project.root)

    done = director(project.root, "plan", "--file", "task.md")

    assert_refused(done, message, hint)
    assert contents(project.root) == before


def test_with_a_task_file_that_is_a_directory(director: Director, project: Project) -> None:
    done = director(project.root, "plan", "--file", ".director")

    assert_refused(done, "'.director' cannot be read: is a directory", "give --file a text file")


@pytest.mark.parametrize(
    ("stdin", "message"), [(b"", "the task is empty"), (b"\xff\xfe", "standard input is not text in UTF-8")]
)
def test_with_a_pipe_that_holds_no_task(
    director: Director, project: Project, stdin: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(project.root)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))

    done = director(project.root, "plan", "-")

    assert done.code == 2
    assert done.err.startswith(f"error: {message}\nhint: ")
    assert contents(project.root) == before


def test_a_byte_order_mark_is_no_part_of_the_task(director: Director, project: Project) -> None:
    (project.root / "task.md").write_bytes(b"\xef\xbb\xbfwrite the modules\r\n")

    director(project.root, "plan", "--file", "task.md")

    assert project.file("task.md").read_bytes() == b"write the modules\n"


def test_with_a_base_that_is_no_commit(director: Director, project: Project) -> None:
    before = contents(project.root)

    done = director(project.root, "plan", "x", "--base", "nosuch")

    assert_refused(done, "'nosuch' is not a commit of this repository", "give a branch, tag or commit")
    assert contents(project.root) == before


@pytest.mark.parametrize("words", [["run"], ["run:alpha"], ["integrate"], ["run", "--auto"]], ids=" ".join)
def test_running_before_there_is_a_task(director: Director, project: Project, words: list[str]) -> None:
    before = contents(project.root)

    done = director(project.root, *words)

    assert_refused(done, "there is no task yet", 'say what you want done: director plan "…"')
    assert contents(project.root) == before


def test_with_a_job_of_another_version(director: Director, project: Project) -> None:
    project.file("job.json").write_text(json.dumps({"version": 2, "id": "x", "base": "y", "colour": "red"}))
    project.file("task.md").write_text("x\n")

    done = [director(project.root, *words) for words in (["status"], ["plan"], ["run"])]

    for refused in done:
        assert refused.code == 2, refused.out
        said = refused.err + refused.out
        assert f"'{project.file('job.json')}' cannot be read:" in said
        assert "version: input should be 1" in said
        assert "Traceback" not in said


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
    before = contents(project.root)

    done = director(project.root, *words)

    hint = "DIRECTOR_DIR names the directory of a job" if by == "variable" else "a job's files go there: move it away"
    assert_refused(done, f"'{place}' is not a directory", hint)
    assert contents(project.root) == before


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
        (lambda project: project.file("nodes/alpha.json").write_text("[]"), 2),
        (lambda project: project.file("tests/alpha.json").write_text("{}"), 2),
        (lambda project: project.file("approved/plan.json").write_text("no"), 0),
        (lambda project: project.file("merged/alpha.json").write_text("{}"), 0),
        (lambda project: project.file("integration.json").write_text("{}"), 2),
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
        assert ("hint: " in done.out + done.err) == (done.code == 2)
