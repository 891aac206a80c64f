"""director report at the command line."""

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from director.cli.main import main
from tests.project import Project
from tests.running import plan_here


@pytest.fixture
def planned(project: Project, capsys: pytest.CaptureFixture[str]) -> Project:
    plan_here(project)
    capsys.readouterr()
    return project


def report(project: Project, *words: str) -> int:
    return main(["report", "--repo", str(project.root), *words])


def test_the_page_is_written_beside_the_job(planned: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = report(planned)

    page = planned.file("report.html")
    assert code == 0
    assert capsys.readouterr().out == f"written: {page}\n"
    assert page.read_text().rstrip().endswith("</html>")
    assert planned.git("status", "--porcelain", "--", "report.html") == ""


def test_a_dash_prints_and_nothing_is_written(planned: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = report(planned, "-o", "-")

    said = capsys.readouterr()
    assert code == 0
    assert said.out.startswith("<!doctype html>")
    assert said.out.rstrip().endswith("</html>")
    assert not planned.file("report.html").exists()


def test_markdown_is_printed_and_test_results_are_written(
    planned: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "deep" / "results.xml"

    code = report(planned, "--format", "md", "--junit", str(results))

    said = capsys.readouterr()
    assert code == 0
    assert said.out.startswith("## x\n")
    assert "written" not in said.out
    assert len(list(Xml.parse(results).getroot().iter("skipped"))) == 3


def test_markdown_goes_to_a_file(planned: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "summary.md"

    code = report(planned, "--format", "md", "-o", str(target))

    assert code == 0
    assert "flowchart LR" in target.read_text()


def test_without_a_job_there_is_no_report(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = report(project)

    assert code == 2
    assert capsys.readouterr().err.startswith("error: there is no job here yet\nhint: start one: ")


def test_a_directory_is_no_place_for_it(planned: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = report(planned, "-o", str(tmp_path))

    assert code == 2
    assert capsys.readouterr().err == f"error: '{tmp_path}' is a directory\nhint: name a file\n"


@pytest.mark.parametrize("command", ["report", "status"])
def test_looking_at_a_job_whose_branch_is_missing_does_not_make_it(project: Project, command: str) -> None:
    assert project.director("plan", "write the modules").code == 4
    project.git("update-ref", "-d", f"refs/heads/{project.branch}")

    assert main([command, "--repo", str(project.root)]) == 0

    assert project.git("for-each-ref", "refs/heads/director/") == ""
