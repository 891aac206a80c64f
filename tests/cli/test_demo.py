"""`director demo`: the whole way, with replayed agents."""

import subprocess
import sys
from pathlib import Path

import pytest

from director.cli.main import main


def test_a_demo_plans_and_builds_a_repository_and_says_what_to_look_at(tmp_path: Path) -> None:
    place = tmp_path / "demo"

    done = subprocess.run(
        [sys.executable, "-m", "director", "demo", "demo"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout[done.stdout.index("\nbuilt in") :].splitlines()
    assert said[1].endswith(": every node's tests, and compile, test")
    assert f"  spec        {place}/.director/spec.md" in said
    assert f"  cd {place}" in said
    meanings = said[said.index(f"  cd {place}") + 1 :]
    assert len(meanings) == 4
    assert len({line.rindex("  ") for line in meanings}) == 1


@pytest.mark.parametrize("kind", ["directory", "file"])
def test_a_demo_overwrites_nothing(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "place"
    content = place / "mine.txt" if kind == "directory" else place
    content.parent.mkdir(exist_ok=True)
    content.write_text("mine")

    code = main(["demo", str(place)])

    assert code == 2
    assert capsys.readouterr().err == (
        f"error: '{place}' is not an empty directory\nhint: name another one: director demo DIR\n"
    )
    assert content.read_text() == "mine"
