"""User mistakes: one message that names the cause and the next step, exit code 2, no traceback, nothing changed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from director.agents.registry import GROUP
from director.cli.main import main
from director.core.cassette import Entry
from tests.project import CONFIG, Done, Project, node
from tests.refusals import assert_refused, everything
from tests.running import plan_here

Director = Callable[..., Done]

PLAN, RUN, STATUS, APPROVE, PENDING = ["plan", "x"], ["run"], ["status"], ["approve"], ["pending"]
INIT = ["init", "--yes"]
READING = [STATUS, PENDING, ["list"], ["explain", "recon"], ["dumpdb"]]
ASKING = [PLAN, ["plan"], RUN, ["run:alpha"]]
ALL_BUT_INIT = [*ASKING, *READING, APPROVE, ["clean"], ["forget", "recon"]]
EVERY = [*ALL_BUT_INIT, INIT]
OLD_GIT = """\
#!/bin/sh
if [ "$1" = version ]; then echo 'git version 2.30.2'; exit; fi
exec {git} "$@"
"""
INSTALLED = ", ".join(sorted(point.name for point in entry_points(group=GROUP)))
OPENCODE = """\
[tiers]
planner = "opencode:a/b"
executor = "opencode:a/b"

[backends.opencode]
command = "no-such-program"
"""


@pytest.fixture
def director(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Director:
    """Run director in a directory, within this process: there are many mistakes."""

    def run(directory: Path, *arguments: str) -> Done:
        monkeypatch.chdir(directory)
        code = main(arguments)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


@dataclass(frozen=True)
class Mistake:
    """What is wrong, which commands refuse, and what they say; `{root}` is the repository."""

    make: Callable[[Path], object]
    refusing: Sequence[list[str]]
    message: str
    hint: str = ""


def in_no_repository(root: Path) -> None:
    (root / ".director").mkdir(parents=True)
    (root / ".director" / "config.toml").write_text(CONFIG)


def in_a_bare_repository(root: Path) -> None:
    root.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", "."], cwd=root, check=True)


def without_a_commit(root: Path) -> None:
    in_no_repository(root)
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    (root / ".director" / "task.md").write_text("x\n")


def with_a_task(root: Path) -> Project:
    project = Project.create(root, [node("alpha")])
    project.file("task.md").write_text("x\n")
    return project


def with_an_old_git(root: Path) -> None:
    with_a_task(root)
    old = root.with_name("bin") / "git"
    old.parent.mkdir()
    old.write_text(OLD_GIT.format(git=shutil.which("git")))
    old.chmod(0o755)
    os.environ["PATH"] = f"{old.parent}{os.pathsep}{os.environ['PATH']}"


def with_config(text: str) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        with_a_task(root).file("config.toml").write_text(text)

    return make


def with_cassette(text: str | None) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        cassette = with_a_task(root).file("cassette.yaml")
        cassette.write_text(text) if text is not None else cassette.unlink()

    return make


def with_a_file_in_place_of(name: str) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        project = with_a_task(root)
        place = project.root / name
        shutil.rmtree(place, ignore_errors=True)
        place.write_text("mine")

    return make


def with_a_file_in_place_of_the_cache(root: Path) -> None:
    with_a_task(root)
    Path(os.environ["XDG_CACHE_HOME"]).write_text("mine")


MISTAKES = {
    "no repository": Mistake(
        in_no_repository,
        EVERY,
        "'{root}' is not inside a git repository",
        "run 'git init' and commit, or use --repo",
    ),
    "a bare repository": Mistake(
        in_a_bare_repository,
        EVERY,
        "'{root}' is a bare repository",
        "run director in a clone that has files",
    ),
    "no commit": Mistake(
        without_a_commit,
        ASKING,
        "the repository has no commit yet",
        "commit something: a job starts from HEAD",
    ),
    "an old git": Mistake(with_an_old_git, EVERY, "git is too old: git version 2.30.2", "install git 2.38+"),
    "a broken configuration": Mistake(
        with_config("[tiers\n"),
        ALL_BUT_INIT,
        "'.director/config.toml', line 1, column 7, is not TOML: expected ']' at the end of a table declaration",
        "text wants quotes, a table a [header]; https://toml.io has the rules",
    ),
    "an unknown backend": Mistake(
        with_config(CONFIG.replace('executor = "replay:', 'executor = "nosuch:')),
        ASKING,
        f"there is no backend 'nosuch' (installed: {INSTALLED})",
        "mend the tier in config.toml, or install the package that brings the backend",
    ),
    "no agent program": Mistake(
        with_config(OPENCODE),
        ASKING,
        "the program 'no-such-program' of the backend 'opencode' is not there",
        "install it with `npm install -g opencode-ai`, or set `command` under [backends.opencode]",
    ),
    "no cassette": Mistake(
        with_cassette(None),
        ASKING,
        "the cassette '.director/cassette.yaml' is not a regular file",
        "a tier 'replay:PATH' names a file, seen from the repository's root",
    ),
    "a cassette that is no YAML": Mistake(
        with_cassette("calls: [\n"),
        ASKING,
        "'.director/cassette.yaml', line 2, column 1, is not YAML: expected the node content, but found '<stream end>'",
        "check the indentation there; text with ': ' or ' #' in it wants quotes or a '|' block",
    ),
    "a cassette of another version": Mistake(
        with_cassette("version: 2\ncalls: []\n"),
        ASKING,
        "'.director/cassette.yaml' cannot be played as a cassette:\n"
        "  - version: 2 is of another version of director; this one reads 1",
        f"an entry of 'calls' may hold: {', '.join(Entry.model_fields)}",
    ),
    "a file in place of the job's directory": Mistake(
        with_a_file_in_place_of(".director"),
        EVERY,
        "'{root}/.director' is not a directory",
        "a job's files go there: move it away",
    ),
    "a file in place of the cache": Mistake(
        with_a_file_in_place_of_the_cache,
        ASKING,
        "'{cache}' is not a directory",
        "director writes there: move it away",
    ),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the repository is to be."""
    monkeypatch.setenv("PATH", os.environ["PATH"])  # what a mistake does to it ends with the test
    return tmp_path / "repository"


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_cause_and_next_step_and_changes_nothing(
    director: Director, root: Path, sealed: Path, name: str
) -> None:
    mistake = MISTAKES[name]
    mistake.make(root)
    before = everything(root, sealed)
    message = mistake.message.format(root=root, cache=os.environ["XDG_CACHE_HOME"])

    for words in mistake.refusing:
        assert_refused(director(root, *words), message, mistake.hint)
        assert everything(root, sealed) == before, words


@pytest.mark.parametrize(
    "name",
    ["no commit", "no agent program", "no cassette", "a cassette that is no YAML", "a file in place of the cache"],
)
def test_what_needs_no_agent_works_all_the_same_and_changes_nothing(
    director: Director, root: Path, sealed: Path, name: str
) -> None:
    MISTAKES[name].make(root)
    before = everything(root, sealed)

    done = [director(root, *words) for words in READING]

    assert [entry.code for entry in done] == [0] * len(READING)
    assert everything(root, sealed) == before


def test_a_gate_is_not_opened_where_planning_could_not_go_on(director: Director, root: Path, sealed: Path) -> None:
    project = Project.create(root, [node("alpha")])
    assert director(root, "plan", "x").code == 4
    project.file("cassette.yaml").rename(root / "cassette.yaml")
    before = everything(root, sealed)

    done = director(root, "approve")

    assert_refused(done, MISTAKES["no cassette"].message, MISTAKES["no cassette"].hint)
    assert everything(root, sealed) == before


def test_a_plan_that_cannot_be_built_is_not_approved(director: Director, root: Path, sealed: Path) -> None:
    project = planned(director, root)
    project.file("plan.json").write_text('{"version": 1, "nodes": []}')
    before = everything(root, sealed)

    done = [director(root, "approve"), director(root, "approve", "--only"), director(root, "plan", "--continue")]

    for refused in done:
        assert refused.code == 2
        assert "nodes: the plan has none: write at least one node\nhint: " in refused.err
    assert everything(root, sealed) == before


def test_a_program_that_is_not_logged_in_is_refused_with_its_words_and_can_be_asked_again(
    director: Director, root: Path
) -> None:
    project = Project.create(root, [node("alpha")])
    project.set_call("explorer", "recon", {"end": "refused", "detail": "token expired"})

    refused = director(root, "plan", "x", "-q")
    project.set_call("explorer", "recon", {"text": "A small project."})
    again = director(root, "plan", "x", "--auto", "--no-critique")

    assert refused.code == 2, refused.out
    assert "the explorer was refused: token expired\nhint: check the login" in refused.out + refused.err
    assert "Traceback" not in refused.out + refused.err
    assert again.code == 0, again.out


def planned(director: Director, root: Path) -> Project:
    project = Project.create(root, [node("alpha")])
    assert director(root, "plan", "x", "--auto", "--no-critique", "-q").code == 0
    return project


def of_another_version(project: Project, name: str) -> None:
    content = project.read(name) | {"version": 99, "colour": "red"}
    project.file(name).write_text(json.dumps(content))


def test_a_job_of_another_version_is_refused_by_every_command(director: Director, root: Path, sealed: Path) -> None:
    project = planned(director, root)
    of_another_version(project, "job.json")
    before = everything(root, sealed)

    for words in ALL_BUT_INIT:
        assert_refused(
            director(root, *words),
            f"'{root}/.director/job.json' was made by another version of director: it has version 99, this one reads 1",
            'use the director that made it, or put the job aside: director plan --new "what you want done"',
        )
        assert everything(root, sealed) == before, words


def test_a_job_of_another_version_can_be_put_aside(director: Director, root: Path) -> None:
    project = planned(director, root)
    of_another_version(project, "job.json")
    other = project.file("job.json").read_text()

    done = director(root, "plan", "--new", "y", "--auto", "--no-critique")

    assert done.code == 0, done.out
    assert [path.read_text() for path in project.file("archive").glob("*/job.json")] == [other]
    assert director(root, "clean").code == 0


@pytest.mark.parametrize(
    "name",
    ["nodes/alpha.json", "tests/alpha.json", "merged/alpha.json", "integration.json", "baseline.json"],
    ids=["slice", "lock", "marker", "integration", "baseline"],
)
def test_what_another_version_made_from_the_plan_and_the_branch_is_made_again_and_nobody_is_asked(
    director: Director, root: Path, name: str
) -> None:
    project = planned(director, root)
    assert director(root, "run", "-q").code == 0
    asked, before = project.asked(), project.read(name)
    of_another_version(project, name)
    project.file("doit.db").unlink()

    done = director(root, "run")

    assert done.code == 0, done.out + done.err
    assert project.asked() == asked
    assert project.read(name) == before


def test_a_marker_of_another_version_is_told_where_only_to_be_read(director: Director, root: Path) -> None:
    project = planned(director, root)
    assert director(root, "run", "-q").code == 0
    of_another_version(project, "merged/alpha.json")

    done = director(root, "show", "alpha", "--no-diff")

    assert done.code == 2
    assert done.err == (
        f"error: '{project.file('merged/alpha.json')}' was made by another version of director:"
        " it has version 99, this one reads 1\n"
        'hint: use the director that made it, or put the job aside: director plan --new "what you want done"\n'
    )


def test_a_plan_of_another_version_is_told_by_every_command_and_not_approved(
    director: Director, root: Path, sealed: Path
) -> None:
    project = planned(director, root)
    of_another_version(project, "plan.json")
    before = everything(root, sealed)

    for words in (["plan"], RUN, STATUS, APPROVE, PENDING, ["list"], ["show", "alpha"]):
        done = director(root, *words)
        assert done.code == 2
        assert "version: 99 is of another version of director; this one reads 1\n" in done.err
        assert done.err.endswith(f"hint: correct {project.file('plan.json')}\n")
        assert everything(root, sealed) == before, words


READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'


def mounted_read_only(place: Path, *argv: str, cwd: Path) -> Done:
    """Run a program that sees a directory as on a read-only file system."""
    command = ["unshare", "-Urm", "sh", "-c", READ_ONLY, "sh", str(place), *argv]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)
    return Done(done.returncode, done.stdout, done.stderr)


def can_mount(place: Path) -> bool:
    return bool(shutil.which("unshare")) and mounted_read_only(place, "true", cwd=place).code == 0


@pytest.mark.parametrize("name", [".director", ".git", "cache"])
def test_a_directory_that_cannot_be_written_is_told_before_anything_is_begun(
    root: Path, sealed: Path, name: str
) -> None:
    with_a_task(root)
    place = (root / name).resolve() if name != "cache" else Path(os.environ["XDG_CACHE_HOME"])
    place.mkdir(exist_ok=True)
    if not can_mount(place):
        pytest.skip("the kernel lets nobody mount here")
    told = root / ".git" / "objects" if name == ".git" else place
    before = everything(root, sealed)

    for words in (PLAN, RUN):
        done = mounted_read_only(place, sys.executable, "-m", "director", *words, cwd=root)
        hint = "director writes there: see to its rights, or to how it is mounted"
        assert_refused(done, f"'{told}' cannot be written", hint)
    reading = mounted_read_only(place, sys.executable, "-m", "director", "status", cwd=root)

    assert reading.code == 0, reading.err
    assert everything(root, sealed) == before


def test_init_in_a_repository_that_cannot_be_written_is_refused_and_writes_nothing(root: Path, sealed: Path) -> None:
    Project.create(root)
    shutil.rmtree(root / ".director")
    if not can_mount(root):
        pytest.skip("the kernel lets nobody mount here")
    before = everything(root, sealed)

    done = mounted_read_only(root, sys.executable, "-m", "director", "init", "--yes", cwd=root)

    assert done.code == 2
    assert done.err.startswith(f"error: '{root}' cannot be written\nhint: ")
    assert "Traceback" not in done.out + done.err
    assert everything(root, sealed) == before


def build_all(project: Project) -> None:
    plan_here(project)
    done = project.director("run")
    assert done.code == 0, done.out + done.err


def test_without_an_identity_commits_have_directors_own(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.create(root, [node("alpha")])
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{who}_NAME")
        monkeypatch.delenv(f"GIT_{who}_EMAIL")

    build_all(project)

    made = project.git("log", "--format=%an <%ae> %cn <%ce>", f"main..{project.branch}").splitlines()
    assert len(made) == 2
    assert set(made) == {"director <director@localhost> director <director@localhost>"}


def test_a_shallow_clone_works_and_stays_shallow(root: Path, tmp_path: Path) -> None:
    origin = Project.create(tmp_path / "origin", [node("alpha")])
    origin.git("commit", "-q", "--allow-empty", "-m", "second")
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{origin.root}", str(root)], check=True)
    shutil.copytree(origin.file(""), root / ".director")
    project = Project(root, origin.calls)

    build_all(project)

    assert project.git("log", "--format=%s", "--reverse", project.branch).splitlines()[0] == "second"
    assert project.git("rev-parse", "--is-shallow-repository") == "true"


def test_a_detached_head_works_and_stays_detached(root: Path) -> None:
    project = Project.create(root, [node("alpha")])
    project.git("commit", "-q", "--allow-empty", "-m", "second")
    project.git("checkout", "-q", "--detach", "HEAD~1")
    head = project.git("rev-parse", "HEAD")

    build_all(project)

    assert project.read("job.json")["base"] == head
    assert project.root.joinpath(".git", "HEAD").read_text().strip() == head


PLAIN = ["no commit", "an old git", "a broken configuration", "no cassette"]


@pytest.mark.parametrize("name", PLAIN)
def test_plain_doit_says_the_same_and_changes_nothing(root: Path, sealed: Path, name: str) -> None:
    mistake = MISTAKES[name]
    mistake.make(root)
    (root / "dodo.py").write_text("from director.dodo import load\n\nDOIT_CONFIG, graph = load(__file__)\n")
    before = everything(root, sealed)

    done = Project(root).doit("spec")

    said = done.out + done.err
    assert done.code == 2, said
    assert mistake.message.format(root=root) in said
    assert mistake.hint in said
    assert "Traceback" not in said
    assert everything(root, sealed) == before


def test_plain_doit_refuses_a_job_of_another_version(director: Director, root: Path) -> None:
    project = planned(director, root)
    (root / "dodo.py").write_text("from director.dodo import load\n\nDOIT_CONFIG, graph = load(__file__)\n")
    of_another_version(project, "job.json")

    done = project.doit("plan")

    assert done.code == 2
    assert "was made by another version of director: it has version 99, this one reads 1" in done.out + done.err
    assert "Traceback" not in done.out + done.err


@pytest.mark.parametrize(
    "words",
    [
        ["info", "nosuch"],
        ["info"],
        ["info", "spec", "recon"],
        ["forget", "nosuch"],
        ["forget", "--nosuch"],
        ["ignore"],
        ["ignore", "nosuch"],
        ["list", "nosuch"],
        ["list", "--template", "{nosuch}"],
        ["list", "--sort", "colour"],
        ["reset-dep", "nosuch"],
        ["dumpdb", "nosuch"],
        ["explain", "nosuch"],
        ["pending", "nosuch"],
        ["run", "nosuch"],
        ["run:nosuch"],
        ["show", "nosuch"],
        ["help", "nosuch"],
    ],
    ids=" ".join,
)
def test_a_mistake_in_a_command_of_doits_is_a_message_with_a_hint(
    director: Director, root: Path, sealed: Path, words: list[str]
) -> None:
    project = planned(director, root)
    before = everything(root, sealed)

    done = director(root, *words)

    assert done.code == 2, done.out
    assert done.err.startswith("error: ")
    assert "\nhint: " in done.err
    assert "Traceback" not in done.out + done.err
    assert project.asked() != []
    assert everything(root, sealed) == before
