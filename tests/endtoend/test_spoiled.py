"""Artifacts that are spoiled or gone are made again from git and the records, and nobody is asked."""

import shutil

import pytest

from tests.project import Project, node

_built: list[Project] = []


@pytest.fixture
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A job that is integrated, made once in a test process and put back for each test."""
    if not _built:
        nodes = [node("alpha"), node("beta", needs=("alpha",)), node("gamma", needs=("alpha",))]
        made = Project.create(tmp_path_factory.mktemp("built") / "repository", nodes)
        made.plan()
        assert made.director("run").code == 0
        shutil.copytree(made.root, made.root.with_name("kept"), symlinks=True)
        _built.append(made)
    (project,) = _built
    shutil.rmtree(project.root)
    shutil.copytree(project.root.with_name("kept"), project.root, symlinks=True)
    return project


@pytest.mark.parametrize(
    "name",
    [
        "nodes/alpha.json",
        "tests/alpha.json",
        "approved/plan.json",
        "merged/alpha.json",
        "baseline.json",
        "integration.json",
        "doit.db",
    ],
)
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="gone"),
        pytest.param("", id="empty", marks=pytest.mark.long),
        pytest.param('{"version": 1, "no', id="torn"),
        pytest.param("[]", id="foreign", marks=pytest.mark.long),
    ],
)
def test_a_spoiled_artifact_is_made_again_without_an_agent(built: Project, name: str, content: str | None) -> None:
    asked, tip = built.asked(), built.git("rev-parse", built.branch)
    before = built.file(name).read_text()
    built.file(name).unlink()
    if content is not None:
        built.file(name).write_text(content)

    done = built.director("run", "--auto", "--no-critique")

    assert done.code == 0, done.out + done.err
    assert built.asked() == asked
    assert built.git("rev-parse", built.branch) == tip
    assert name == "doit.db" or built.file(name).read_text() == before


def test_what_the_user_took_off_the_branch_is_built_again(built: Project) -> None:
    subjects = built.git("log", "--format=%H %s", built.branch).splitlines()
    beta = next(line.split()[0] for line in subjects if line.endswith("Write beta"))
    built.git("update-ref", f"refs/heads/{built.branch}", f"{beta}^")
    gone = {line.split(" ", 1)[1] for line in subjects} - set(
        built.git("log", "--format=%s", built.branch).splitlines()
    )

    done = built.director("run")

    assert done.code == 0, done.out + done.err
    assert "Write beta" in gone
    assert gone <= set(built.git("log", "--format=%s", built.branch).splitlines())
