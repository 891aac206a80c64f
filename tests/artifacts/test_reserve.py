"""What was paid for is written on a full disk too: a disk of 3 MB, in a mount namespace of our own."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from director.artifacts.directory import JobDirectory
from director.artifacts.reserve import RESERVE_BYTES, keep_room, write_with_reserve

DISK = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs -o size=3m none "$1"', "disk"]
PREAMBLE = """\
import os
import sys
from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import append_record, read_records, write_text
from director.artifacts.reserve import RESERVE_BYTES, keep_room, write_with_reserve
from director.core.calls import CallRecord
from tests.job.jobs import record

directory = JobDirectory(Path(sys.argv[1]) / ".director")
directory.path.mkdir()


def fill(leave=0):
    with (directory.path.parent / "filler").open("wb", buffering=0) as filler:
        try:
            while filler.write(bytes(65536)):
                pass
        except OSError:
            pass
        filler.truncate(filler.seek(0, os.SEEK_END) - leave)


def free():
    found = os.statvfs(directory.path)
    return found.f_bavail * found.f_frsize

"""


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    place = tmp_path / "disk"
    place.mkdir()
    try:
        done = subprocess.run([*DISK, str(place)], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if done.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    return place


def on(disk: Path, script: str) -> str:
    """Run a script on a disk of 3 MB; return what it prints."""
    code = PREAMBLE + textwrap.dedent(script)
    mount = [*DISK[:-2], f'{DISK[-2]} && exec "$2" -c "$3" "$1"', "disk"]
    root = Path(__file__).parent.parent.parent
    done = subprocess.run([*mount, str(disk), sys.executable, code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_room_is_kept_and_taken_once(tmp_path: Path) -> None:
    directory = JobDirectory(tmp_path)

    keep_room(directory)
    before = directory.reserve.stat()
    keep_room(directory)

    after = directory.reserve.stat()
    assert after.st_size == RESERVE_BYTES
    assert after.st_blocks * 512 >= RESERVE_BYTES
    assert after.st_mtime_ns == before.st_mtime_ns


def test_room_that_a_killed_run_took_in_part_is_taken_in_full(tmp_path: Path) -> None:
    directory = JobDirectory(tmp_path)
    directory.reserve.write_bytes(b"a part")

    keep_room(directory)

    assert directory.reserve.stat().st_size == RESERVE_BYTES


def test_as_long_as_there_is_room_the_reserve_stays(tmp_path: Path) -> None:
    directory = JobDirectory(tmp_path)
    keep_room(directory)

    write_with_reserve(directory, lambda: (tmp_path / "reply").write_text("paid"))

    assert (tmp_path / "reply").read_text() == "paid"
    assert directory.reserve.exists()


def test_another_error_than_a_full_disk_is_raised_and_the_reserve_stays(tmp_path: Path) -> None:
    directory = JobDirectory(tmp_path)
    keep_room(directory)

    with pytest.raises(IsADirectoryError):
        write_with_reserve(directory, lambda: tmp_path.write_text("paid"))

    assert directory.reserve.exists()


def test_on_a_full_disk_a_reply_is_written_in_the_room_that_was_kept(disk: Path) -> None:
    said = on(
        disk,
        """
        keep_room(directory)
        fill()
        reply = directory.path / "logs" / "reply.json"
        write_with_reserve(directory, lambda: write_text(reply, "paid" * 100_000))
        print(len(reply.read_text()), directory.reserve.exists(), sorted(path.name for path in reply.parent.iterdir()))
        """,
    )

    assert said == "400000 False ['reply.json']\n"


def test_without_the_reserve_it_would_not_fit(disk: Path) -> None:
    said = on(
        disk,
        """
        fill()
        try:
            write_with_reserve(directory, lambda: write_text(directory.path / "reply.json", "paid" * 100_000))
        except OSError as error:
            print(error.strerror, sorted(path.name for path in directory.path.iterdir()))
        """,
    )

    assert said == "No space left on device []\n"


def test_where_there_is_no_room_none_is_held_in_part(disk: Path) -> None:
    said = on(
        disk,
        """
        fill(leave=RESERVE_BYTES // 2)
        before = free()
        try:
            keep_room(directory)
        except OSError as error:
            print(error.strerror, directory.reserve.exists(), free() == before)
        """,
    )

    assert said == "No space left on device False True\n"


def test_a_record_is_whole_on_a_disk_that_takes_only_a_part_of_it(disk: Path) -> None:
    said = on(
        disk,
        """
        keep_room(directory)
        fill(leave=4096)
        for number in range(40):
            entry = record(cost=1.0, id=str(number), task="run:" + "x" * 60)
            write_with_reserve(directory, lambda: append_record(directory.costs, entry))
        print([int(entry.id) for entry in read_records(directory.costs, CallRecord)] == list(range(40)))
        print(directory.reserve.exists())
        """,
    )

    assert said == "True\nFalse\n"


def test_no_call_is_started_when_there_is_no_room_for_its_reply(disk: Path) -> None:
    said = on(
        disk,
        """
        from tests.job.jobs import make_job
        from tests.job.test_asking import ENTRY, ask, question, records

        told = []
        job = make_job(directory.path / "repository", ENTRY, told=told)
        directory = job.directory
        fill(leave=RESERVE_BYTES // 2)
        try:
            ask(job, question(job))
        except OSError as error:
            print(error.strerror)
        print(told, records(job), list(job.directory.calls.glob("*")), job.directory.reserve.exists())
        """,
    )

    assert said == "No space left on device\n[] [] [] False\n"


def test_a_call_that_fills_the_disk_is_kept_and_counted(disk: Path) -> None:
    said = on(
        disk,
        """
        from director.core.events import CallStarted
        from director.job.asking import Workplace, ask
        from tests.job.jobs import make_job
        from tests.job.test_asking import ENTRY, question, records


        class Watcher(list):
            def append(self, event):
                if isinstance(event, CallStarted):
                    fill(leave=200_000)  # what the transcript needs


        job = make_job(directory.path / "repository", ENTRY | {"text": "x" * 100_000}, told=Watcher())
        directory = job.directory
        with job.pool.slot("reader", job.identity.base) as slot:
            answered = ask(job, question(job), "prompt", Workplace(slot))
        print(len(answered.reply.text), [entry.cost_usd for entry in records(job)], directory.reserve.exists())
        print((question(job).log / "reply.json").stat().st_size > 100_000)
        """,
    )

    assert said == "100000 [0.25] False\nTrue\n"
