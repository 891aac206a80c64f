"""How the shell of a server finds out whose command it runs."""

import shlex
from pathlib import Path

import pytest

from director.agents.opencode.table import Table
from director.core.errors import AgentError
from director.shell import processes
from director.shell.environment import without_secrets
from director.shell.processes import Captured


def run_in(directory: Path, table: Table) -> Captured:
    """Run what the shell of a server runs."""
    script = f'. {shlex.quote(str(table.path))}\nprintf %s "$WHO"'
    return processes.capture(["/bin/sh", "-c", script], cwd=directory, env=without_secrets())


def test_a_command_is_of_the_call_below_whose_directory_it_works(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "one more 'quoted' $HOME *"
    (one / "deep").mkdir(parents=True)
    two.mkdir()
    table = Table(tmp_path / "table.sh")

    with table.entry(one, {"WHO": "first"}), table.entry(two, {"WHO": "the 'second' $one\nof two"}):
        seen = [run_in(place, table).stdout.decode() for place in (one, one / "deep", two)]

    assert seen == ["first", "first", "the 'second' $one\nof two"]


def test_a_command_finds_its_call_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    table = Table(tmp_path / "table.sh")

    with table.entry(tmp_path / "link", {"WHO": "first"}):
        assert run_in(tmp_path / "real", table).stdout == b"first"
        assert run_in(tmp_path / "link", table).stdout == b"first"


def test_where_no_call_works_or_works_no_longer_nothing_is_run(tmp_path: Path) -> None:
    place, beside = tmp_path / "place", tmp_path / "place-beside"
    place.mkdir()
    beside.mkdir()
    table = Table(tmp_path / "table.sh")

    with table.entry(place, {"WHO": "first"}):
        elsewhere = run_in(beside, table)
    afterwards = run_in(place, table)

    assert (elsewhere.exit_code, afterwards.exit_code) == (126, 126)
    assert afterwards.stderr.decode() == f"director: no agent is at work in '{place}'\n"


def test_a_directory_has_one_call_at_a_time(tmp_path: Path) -> None:
    table = Table(tmp_path / "table.sh")

    with table.entry(tmp_path, {}), pytest.raises(AgentError, match="another call works in"):
        table.entry(tmp_path, {}).__enter__()
    with table.entry(tmp_path, {"WHO": "next"}):
        assert run_in(tmp_path, table).stdout == b"next"
