"""Recording calls: what an entry holds, and that each stands there once, whatever happened meanwhile."""

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from director.artifacts.cassettes import read_cassette
from director.artifacts.files import write_text
from director.core.artifacts import Scope
from director.core.calls import CallKey, End, Usage
from director.core.cassette import Binary, Cassette, Entry, Link
from director.core.errors import ConfigError
from director.core.events import Event, Note
from director.core.roles import Role
from director.git.slots import Slot
from director.job import asking
from director.job.asking import Workplace
from director.job.job import Job
from director.job.surroundings import check_surroundings
from director.job.work import working
from tests.job.jobs import make_job
from tests.job.test_asking import ENTRY, ask, question
from tests.job.test_recovery import Stopped, again

WRITES = ENTRY | {"files": {"alpha.py": "x = 1\n", "beta.py": "x\n"}, "usage": {"input": 100}}


def recording(job: Job, tmp_path: Path) -> Job:
    """The same job, whose calls are recorded."""
    return replace(job, record=tmp_path / "tape.yaml")


def recorded(tmp_path: Path) -> Cassette:
    return read_cassette(tmp_path / "tape.yaml", "tape.yaml")


def entries(tmp_path: Path) -> tuple[Entry, ...]:
    return recorded(tmp_path).calls


def record_one(tmp_path: Path, entry: dict[str, Any], **more: Any) -> Entry:
    """Record a call that is played, and return how it was recorded."""
    job = recording(make_job(tmp_path / "repository", entry, **more), tmp_path)
    write_text(job.directory.task, "Write alpha.\n")
    ask(job, question(job))
    [found] = entries(tmp_path)
    return found


def test_an_entry_holds_what_came_of_the_call(tmp_path: Path) -> None:
    event = {"kind": "run", "detail": "make test", "exit_code": 1}

    found = record_one(tmp_path, WRITES | {"events": [event], "text": "line\nline"})

    assert (found.label, found.text, found.end) == ("executor run:alpha 1", "line\nline", End.DONE)
    assert (found.usage, found.cost_usd, found.seconds) == (Usage(input=100), 0.25, 0.0)
    assert found.took is not None
    assert [item.model_dump(mode="json") for item in found.events] == [event]
    assert found.prompt
    assert found.prompt.text == "write alpha"


def test_the_files_of_an_entry_are_all_that_the_agent_left_not_only_the_allowed_ones(tmp_path: Path) -> None:
    script = {"base64": "AP8="}
    files = {"alpha.py": "x\n", "beta/c.py": "y\n", "README.md": None, "b.bin": script, "link": {"link": "beta"}}

    found = record_one(tmp_path, WRITES | {"files": files, "executable": ["alpha.py"]})

    assert found.files == {
        "alpha.py": "x\n",
        "beta/c.py": "y\n",
        "README.md": None,
        "b.bin": Binary(base64="AP8="),
        "link": Link(link="beta"),
    }
    assert found.executable == ("alpha.py",)


def test_names_that_are_no_unicode_are_recorded(tmp_path: Path) -> None:
    found = record_one(tmp_path, ENTRY | {"files": {"caf\udce9\n.txt": "x"}})

    assert list(found.files) == ["caf\udce9\n.txt"]


def test_byproducts_are_not_recorded(tmp_path: Path) -> None:
    found = record_one(tmp_path, ENTRY | {"files": {"alpha.py": "x", "__pycache__/alpha.pyc": "y"}})

    assert list(found.files) == ["alpha.py"]


def test_what_cannot_be_recorded_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("director.job.entries.FILES_BYTES", 10)

    found = record_one(tmp_path, ENTRY | {"files": {"alpha.py": "x", "large.txt": "x" * 11}})

    assert (list(found.files), found.left_out) == (["alpha.py"], ("large.txt",))


def test_secrets_are_masked_and_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "correct-horse")
    told: list[Event] = []

    found = record_one(
        tmp_path, ENTRY | {"text": "use correct-horse", "files": {"alpha.py": "correct-horse"}}, told=told
    )

    assert (found.text, found.files) == ("use [masked: MY_API_KEY]", {"alpha.py": "[masked: MY_API_KEY]"})
    assert "correct-horse" not in (tmp_path / "tape.yaml").read_text()
    assert Note("the recording masked secrets in 'text' and 'alpha.py'", task="run:alpha") in told


def test_the_recording_says_what_the_job_started_from(tmp_path: Path) -> None:
    record_one(tmp_path, ENTRY, max_attempts=5)

    origin = recorded(tmp_path).job

    assert origin
    assert (origin.task, origin.config.limits.max_attempts) == ("Write alpha.\n", 5)
    assert origin.config.backends == {}


def test_calls_that_end_badly_are_recorded_too(tmp_path: Path) -> None:
    found = record_one(tmp_path, WRITES | {"end": "error", "detail": "it broke"})

    assert (found.end, found.detail, found.files["alpha.py"]) == (End.ERROR, "it broke", "x = 1\n")


def test_a_refused_call_is_recorded(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        record_one(tmp_path, ENTRY | {"end": "refused", "detail": "no login"})

    assert [entry.end for entry in entries(tmp_path)] == [End.REFUSED]


def test_a_repeated_call_is_recorded_each_time_with_what_it_left(tmp_path: Path) -> None:
    limited = ENTRY | {"end": "rate_limited", "retry_after": 0.1, "files": {"beta.py": "x"}}
    job = recording(make_job(tmp_path / "repository", limited, WRITES), tmp_path)

    ask(job, question(job))

    first, second = entries(tmp_path)
    assert (first.end, list(first.files), first.retry_after) == (End.RATE_LIMITED, ["beta.py"], 0.1)
    assert (second.end, list(second.files)) == (End.DONE, ["alpha.py", "beta.py"])


def test_a_reply_that_had_arrived_is_not_recorded_again(tmp_path: Path) -> None:
    job = recording(make_job(tmp_path / "repository", ENTRY), tmp_path)
    ask(job, question(job))

    ask(recording(again(job), tmp_path), question(job))

    assert len(entries(tmp_path)) == 1


@pytest.mark.parametrize("lost", ["nothing", "record", "commit", "reply"])
def test_what_a_killed_run_had_not_recorded_is_recorded_by_the_next_once(tmp_path: Path, lost: str) -> None:
    stopped = Stopped(tmp_path)
    if lost != "nothing":
        getattr(stopped, f"lose_{lost}")()
    stopped.job = recording(stopped.job, tmp_path)

    for _ in range(2):
        with working(recording(stopped.job, tmp_path)):
            pass

    [found] = entries(tmp_path)
    assert (found.id, found.text, found.files) == (stopped.asked.id, "done", {"alpha.py": "x = 1\n", "beta.py": "x\n"})
    assert found.prompt
    assert found.prompt.sha256 == stopped.record.prompt


def test_a_torn_end_is_replaced_by_the_call_that_it_was_to_be(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    first = recording(stopped.job, tmp_path)
    with working(first):
        pass
    whole = (tmp_path / "tape.yaml").read_bytes()
    (tmp_path / "tape.yaml").write_bytes(whole[:-30])
    asking.write_model(asking.in_flight(stopped.job, stopped.asked), stopped.asked)

    with working(recording(stopped.job, tmp_path)):
        pass

    assert (tmp_path / "tape.yaml").read_bytes() == whole


def test_calls_of_tasks_at_once_do_not_mix(tmp_path: Path) -> None:
    names = [f"run:n{number}" for number in range(6)]
    calls = [ENTRY | {"task": name, "text": f"of {name}\n" * 300} for name in names]
    job = recording(make_job(tmp_path / "repository", *calls), tmp_path)
    job.make_ready()

    def work(name: str) -> None:
        key = CallKey(role=Role.EXECUTOR, task=name)
        with job.pool.slot("agent", job.identity.base) as slot:
            asking.ask(job, question(job, key=key, log=job.directory.logs(name) / "1"), "x", place(job, slot, name))

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {entry.task: entry.text for entry in entries(tmp_path)} == {call["task"]: call["text"] for call in calls}


def place(job: Job, slot: Slot, name: str) -> Workplace:
    ref = job.identity.kept_ref(name, "1")
    return Workplace(slot, Scope(slot=slot.name, base=job.identity.base, allowed=("a",), message="a", ref=ref))


def test_the_digest_of_a_prompt_is_written_into_the_records(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY)
    ask(job, question(job))

    [digest] = job.ledger.prompts(question(job).key, job.config.tier(Role.EXECUTOR))

    assert digest == job.prompt_digest("write alpha")
    assert job.ledger.prompts(question(job).key, job.config.tier(Role.PLANNER)) == (digest,)
    assert job.ledger.prompts(CallKey(role=Role.EXECUTOR, task="run:beta"), job.config.tier(Role.EXECUTOR)) == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("just some notes", "is no cassette and stays as it is: '"),
        ("[", "is no cassette and stays as it is: '"),
        ("version: 1\ncalls: []", "is a cassette that no run recorded: it stays as it is"),
    ],
)
def test_a_file_of_the_users_is_refused_and_stays(tmp_path: Path, content: str, said: str) -> None:
    job = recording(make_job(tmp_path / "repository", ENTRY), tmp_path)
    (tmp_path / "tape.yaml").write_text(content)

    with pytest.raises(ConfigError) as caught:
        check_surroundings(job)

    assert said in caught.value.message
    assert caught.value.hint == "name another file with --record, or move this one away"
    assert (tmp_path / "tape.yaml").read_text() == content


def test_the_recording_of_another_job_is_refused(tmp_path: Path) -> None:
    record_one(tmp_path, ENTRY)
    other = recording(make_job(tmp_path / "other", ENTRY), tmp_path)

    with pytest.raises(ConfigError, match="is the recording of another job: it stays as it is"):
        check_surroundings(other)


def test_places_where_nothing_can_be_recorded_are_refused(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY)
    (tmp_path / "directory").mkdir()
    places = {
        job.repository.common_dir / "tape.yaml": "lies in git's own directory",
        tmp_path / "nowhere" / "tape.yaml": "there is no directory",
        tmp_path / "directory": "is not a regular file",
        Path(os.devnull): "is not a regular file",
    }

    for path, said in places.items():
        with pytest.raises(ConfigError, match=said):
            check_surroundings(replace(job, record=path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY)
    (tmp_path / "locked").mkdir(mode=0o500)

    with pytest.raises(ConfigError, match="cannot be written"):
        check_surroundings(replace(job, record=tmp_path / "locked" / "tape.yaml"))


def test_a_cassette_that_would_become_too_large_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []
    calls = [ENTRY, ENTRY | {"attempt": 2}]
    job = recording(make_job(tmp_path / "repository", *calls, told=told), tmp_path)
    ask(job, question(job))
    monkeypatch.setattr("director.job.recording.MAX_BYTES", (tmp_path / "tape.yaml").stat().st_size)

    ask(job, question(job, key=CallKey(role=Role.EXECUTOR, task="run:alpha", attempt=2)))

    assert len(entries(tmp_path)) == 1
    assert [event.text for event in told if isinstance(event, Note)] == [
        f"the cassette '{tmp_path}/tape.yaml' is full: this is not recorded"
    ]


def test_copies_of_the_users_untracked_files_are_never_recorded(tmp_path: Path) -> None:
    files = {"alpha.py": "x\n", ".env": "changed", "sub/.env": "changed"}
    made = make_job(tmp_path / "repository", ENTRY | {"files": files})
    root = made.repository.root
    (root / ".worktreeinclude").write_text(".env\n")
    (root / ".git" / "info" / "exclude").write_text(".env\n")
    (root / "sub").mkdir()
    for name in (".env", "sub/.env"):
        (root / name).write_text("the user's own")
    job = recording(made, tmp_path)
    with job.pool.slot("agent", job.identity.base) as slot:
        allowed = ("alpha.py", ".env")
        scope = Scope(slot=slot.name, base=job.identity.base, allowed=allowed, message="a", ref="refs/director/a/b")
        asking.ask(job, question(job), "write alpha", Workplace(slot, scope))

    [found] = entries(tmp_path)

    assert (list(found.files), found.left_out) == (["alpha.py"], (".env",))
