"""The journal: what has succeeded is on disk, and a damaged file is read as far as it goes."""

import io
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from doit.cmd_base import DoitCmdBase, ModuleTaskLoader
from doit.cmd_forget import Forget
from doit.cmd_ignore import Ignore
from doit.cmd_info import Info
from doit.cmd_list import List
from doit.cmd_run import Run
from doit.dependency import DatabaseException, JSONCodec
from hypothesis import given
from hypothesis import strategies as st

from director.tasks.journal import Journal

SetLimit = Callable[[int], None]


def open_journal(path: Path) -> Journal:
    return Journal(str(path), codec=JSONCodec())


def save(journal: Journal, task: str, result: Any = "1") -> None:
    journal.set(task, "result:", result)
    journal.set(task, "deps:", [])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "doit.db"


@pytest.fixture
def limit_size() -> Iterator[SetLimit]:
    """Limit the size of files as a full disk does: a write is cut short."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def doit(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command of doit itself over two tasks, and return what it printed."""
    monkeypatch.chdir(path.parent)
    Path("input").write_text("content")
    tasks = {
        "task_a": lambda: {"actions": ["true"], "file_dep": ["input"]},
        "task_b": lambda: {"actions": ["true"], "file_dep": ["input"]},
    }
    config = {"BACKEND": {"journal": "director.tasks.journal:Journal"}}

    def run(command: type[DoitCmdBase], *arguments: str) -> str:
        loader = ModuleTaskLoader(tasks)
        built = command(task_loader=loader, config=config)
        built.outstream = io.StringIO()
        output = ["--output-file", "output"] if command is Run else []
        built.parse_execute(["--backend", "journal", "--db-file", str(path), *output, *arguments])
        return Path("output").read_text() if command is Run else built.outstream.getvalue()

    return run


def test_what_was_saved_is_read_again(path: Path) -> None:
    journal = open_journal(path)
    journal.set("a", "_values_:", {"x": 1})
    journal.set("a", "deps:", ("one", "two"))

    again = open_journal(path)

    assert again.get("a", "_values_:") == {"x": 1}
    assert again.get("a", "deps:") == ["one", "two"]
    assert again.in_("a")


def test_what_was_never_saved_is_not_there(path: Path) -> None:
    journal = open_journal(path)

    assert not journal.in_("a")
    assert journal.get("a", "deps:") is None


def test_a_task_is_one_line(path: Path) -> None:
    journal = open_journal(path)

    save(journal, "a", "first\nsecond")
    save(journal, "b")

    assert len(path.read_bytes().splitlines()) == 2


def test_the_last_line_about_a_task_counts(path: Path) -> None:
    journal = open_journal(path)

    save(journal, "a", "old")
    save(journal, "a", "new")

    assert open_journal(path).get("a", "result:") == "new"


def test_an_unfinished_record_is_seen_but_never_written(path: Path) -> None:
    journal = open_journal(path)
    save(journal, "a", "old")

    journal.set("a", "result:", "half")
    seen = journal.get("a", "result:")
    journal.dump()

    assert seen == "half"
    assert open_journal(path).get("a", "result:") == "old"


def test_a_removed_task_is_gone(path: Path) -> None:
    journal = open_journal(path)
    save(journal, "a")
    save(journal, "b")

    journal.remove("a")
    journal.flush()

    assert not journal.in_("a")
    assert not open_journal(path).in_("a")
    assert open_journal(path).in_("b")


def test_a_task_saved_after_its_removal_stays(path: Path) -> None:
    journal = open_journal(path)
    save(journal, "a", "old")

    journal.remove("a")
    save(journal, "a", "new")
    journal.dump()

    assert open_journal(path).get("a", "result:") == "new"


def test_removing_an_unknown_task_writes_nothing(path: Path) -> None:
    journal = open_journal(path)

    journal.remove("a")
    journal.dump()

    assert not path.exists()


def test_all_tasks_can_be_removed(path: Path) -> None:
    journal = open_journal(path)
    save(journal, "a")
    save(journal, "b")

    journal.remove_all()
    journal.dump()

    assert path.read_bytes() == b""


def test_a_torn_last_line_is_ignored(path: Path) -> None:
    save(open_journal(path), "a")
    with path.open("ab") as file:
        file.write(b'{"task": "b", "saved": {"dep')

    journal = open_journal(path)

    assert journal.in_("a")
    assert not journal.in_("b")


def test_what_is_saved_after_a_torn_line_is_whole(path: Path) -> None:
    path.write_bytes(b'{"task": "b", "saved": {"dep')

    save(open_journal(path), "a")

    assert open_journal(path).in_("a")


@given(st.data())
def test_a_journal_cut_anywhere_holds_the_tasks_before_the_cut(data: st.DataObject) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "doit.db"
        journal = open_journal(path)
        for task in "abcd":
            save(journal, task)
        content = path.read_bytes()
        cut = data.draw(st.integers(0, len(content)))

        path.write_bytes(content[:cut])
        again = open_journal(path)
        save(again, "new")

        whole = content[:cut].count(b"\n")
        assert all(again.in_(task) for task in "abcd"[:whole])
        assert all(not again.in_(task) for task in "abcd"[whole + 1 :])
        assert open_journal(path).in_("new")


@given(st.binary())
def test_any_content_can_be_opened_and_added_to(content: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "doit.db"
        path.write_bytes(content)

        save(open_journal(path), "a")

        assert open_journal(path).in_("a")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"\x00\xff\xfe", id="binary"),
        pytest.param(b"[" * 200_000, id="deep"),
        pytest.param(b"9" * 10_000, id="long number"),
        pytest.param(b'{"task": 1, "saved": {}}', id="other task"),
        pytest.param(b'{"task": "x", "saved": 1}', id="other record"),
        pytest.param(b"null", id="other value"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_damaged_line_is_left_out(path: Path, line: bytes) -> None:
    save(open_journal(path), "a")
    with path.open("ab") as file:
        file.write(line + b"\n")
    save(open_journal(path), "b")

    journal = open_journal(path)

    assert journal.in_("a")
    assert journal.in_("b")


def test_a_directory_in_its_place_is_an_error_that_names_it(path: Path) -> None:
    path.mkdir()

    with pytest.raises(DatabaseException, match=r"cannot read doit's database '.*/doit\.db': Is a directory"):
        open_journal(path)


def test_a_missing_parent_is_an_error_when_something_is_saved(path: Path) -> None:
    journal = open_journal(path.parent / "nowhere" / "doit.db")

    with pytest.raises(DatabaseException, match=r"cannot write doit's database '.*': No such file"):
        save(journal, "a")


def test_a_full_disk_is_an_error(path: Path) -> None:
    journal = open_journal(path)
    path.symlink_to("/dev/full")

    with pytest.raises(DatabaseException, match=r"cannot write doit's database '.*': No space left"):
        save(journal, "a")


def test_a_line_that_was_cut_short_is_an_error_and_does_not_spoil_the_next(path: Path, limit_size: SetLimit) -> None:
    journal = open_journal(path)
    save(journal, "a")
    limit_size(path.stat().st_size + 5)
    with pytest.raises(DatabaseException, match="the disk is full"):
        save(journal, "b")
    limit_size(-1)

    save(journal, "c")

    again = open_journal(path)
    assert [again.in_(task) for task in "abc"] == [True, False, True]


def test_a_journal_that_cannot_be_written_anew_stays_as_it_is(path: Path) -> None:
    new = path.with_name(f"doit.db.{os.getpid()}.new")
    new.symlink_to("/dev/full")
    journal = open_journal(path)
    for result in range(5):
        save(journal, "a", result)

    journal.dump()

    assert open_journal(path).get("a", "result:") == 4
    assert list(path.parent.iterdir()) == [path]


def test_a_value_that_cannot_be_written_leaves_the_file_as_it_is(path: Path) -> None:
    journal = open_journal(path)
    save(journal, "a", "old")
    before = path.read_bytes()

    with pytest.raises(TypeError):
        save(journal, "a", object())
    journal.dump()

    assert path.read_bytes() == before
    assert journal.get("a", "result:") == "old"


def test_a_journal_that_is_mostly_history_is_written_anew(path: Path) -> None:
    journal = open_journal(path)
    for result in range(5):
        save(journal, "a", result)
        save(journal, "b", result)

    journal.dump()

    assert len(path.read_bytes().splitlines()) == 2
    assert open_journal(path).get("a", "result:") == 4
    assert list(path.parent.iterdir()) == [path]


def test_a_journal_with_little_history_is_left(path: Path) -> None:
    journal = open_journal(path)
    for task in ("a", "b", "a", "b"):
        save(journal, task)

    journal.dump()

    assert len(path.read_bytes().splitlines()) == 4


def test_a_process_that_saved_nothing_does_not_write_the_journal_anew(path: Path) -> None:
    first = open_journal(path)
    for result in range(5):
        save(first, "a", result)

    open_journal(path).dump()

    assert len(path.read_bytes().splitlines()) == 5


def test_what_is_saved_after_another_process_replaced_the_journal_is_kept(path: Path) -> None:
    journal, other = open_journal(path), open_journal(path)
    save(journal, "a")
    for result in range(5):
        save(other, "b", result)
    other.dump()

    save(journal, "c")

    assert open_journal(path).in_("c")


def test_asking_doit_writes_nothing(path: Path, doit: Callable[..., str]) -> None:
    doit(Run)
    before = path.read_bytes()

    doit(List, "--status")
    doit(Info, "a")
    doit(List, "--status", "--check_file_uptodate", "timestamp")
    doit(Info, "--check_file_uptodate", "timestamp", "a")

    assert path.read_bytes() == before


def test_a_task_that_doit_ignores_stays_ignored(path: Path, doit: Callable[..., str]) -> None:
    doit(Ignore, "a")

    assert doit(Run) == "!! a\n.  b\n"
    assert doit(Run) == "!! a\n-- b\n"


def test_a_task_that_doit_forgets_runs_again(path: Path, doit: Callable[..., str]) -> None:
    doit(Run)

    doit(Forget, "a")

    assert doit(Run) == ".  a\n-- b\n"


def test_doit_can_forget_everything(path: Path, doit: Callable[..., str]) -> None:
    doit(Run)

    doit(Forget, "--all")

    assert doit(Run) == ".  a\n.  b\n"


KILLED = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from doit.cmd_base import ModuleTaskLoader
    from doit.cmd_run import Run

    def work(number):
        with Path("ran").open("a") as file:
            file.write(f"{number}\\n")
        if number == 3 and sys.argv[1] == "hang":
            print("hanging", flush=True)
            time.sleep(60)

    def task_node():
        for number in range(6):
            yield {"name": str(number), "actions": [(work, [number])], "file_dep": ["input"]}

    config = {"BACKEND": {"journal": "director.tasks.journal:Journal"}}
    loader = ModuleTaskLoader({"task_node": task_node})
    Run(task_loader=loader, config=config).parse_execute(["--backend", "journal", "-v2", "-o", "output"])
    """
)


def test_a_task_that_finished_survives_sigkill(tmp_path: Path) -> None:
    (tmp_path / "input").write_text("content")
    (tmp_path / "script.py").write_text(KILLED)
    command = [sys.executable, "script.py"]
    with subprocess.Popen([*command, "hang"], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"hanging\n"
        process.send_signal(signal.SIGKILL)

    subprocess.run([*command, "go on"], cwd=tmp_path, check=True)

    assert (tmp_path / "ran").read_text().split() == ["0", "1", "2", "3", "3", "4", "5"]
