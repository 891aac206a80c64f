"""What a killed run left is completed by the next one: each half-done state is made from a real call."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from director.artifacts.attempts import Answered
from director.artifacts.files import read_model, write_model
from director.core.artifacts import Asked, Scope
from director.core.calls import End, Usage
from director.core.config.settings import Config
from director.core.errors import DirectorError
from director.core.events import CallStarted, Event, Note
from director.core.roles import Role
from director.job import asking
from director.job.asking import Question, Workplace
from director.job.job import Job
from director.job.recovery import recover
from director.job.work import working
from tests.job.jobs import make_job
from tests.job.test_asking import ENTRY, content, question, records

WRITES = ENTRY | {"files": {"alpha.py": "x = 1\n", "beta.py": "x\n"}, "usage": {"input": 100}}
NOTES = ("changed outside what you may change: 'beta.py'",)
STEP = {"type": "step_finish", "part": {"reason": "tool-calls", "cost": 0.25, "tokens": {"input": 10, "output": 5}}}
TEXT = {"type": "text", "part": {"messageID": "m", "text": "Done."}}
LAST = {"type": "step_finish", "part": {"reason": "stop", "cost": 0.5}}
TOOK_OVER = Note("took over what the executor had answered to the stopped run", task="run:alpha")


class Killed(BaseException):
    """In place of a kill: what comes after it does not happen."""


class Killer(list[Event]):
    """Hears what a job tells, and kills it in its call."""

    def append(self, event: Event) -> None:
        if isinstance(event, CallStarted):
            raise Killed


def place_of(job: Job, slot: Any, *, writes: bool) -> Workplace:
    ref = job.identity.kept_ref("run:alpha", "1")
    scope = Scope(slot=slot.name, base=job.identity.base, allowed=("alpha.py",), message="alpha", ref=ref)
    return Workplace(slot, scope if writes else None)


def ask(job: Job, asked: Question | None = None, *, writes: bool = True) -> Answered:
    with job.pool.slot("agent", job.identity.base) as slot:
        return asking.ask(job, asked or question(job), "write alpha", place_of(job, slot, writes=writes))


def again(job: Job, told: list[Event] | None = None) -> Job:
    """The job as the next run opens it."""
    return Job(job.repository, job.directory, job.config, tell=told.append if told is not None else lambda _: None)


def reply_of(job: Job) -> Path:
    return question(job).log / "reply.json"


def read_reply(job: Job) -> Answered | None:
    return read_model(reply_of(job), Answered)


def in_flight(job: Job) -> list[Path]:
    return sorted(job.directory.calls.iterdir())


def refs(job: Job) -> dict[str, str]:
    return job.repository.refs("refs/director/")


class Stopped:
    """A job whose run was killed after its agent had answered; what was on disk by then is made by hand."""

    def __init__(self, root: Path, *, writes: bool = True, **more: Any) -> None:
        self.told: list[Event] = []
        self.job = make_job(root / "repository", WRITES | more if writes else ENTRY | more)
        with self.job.pool.slot("agent", self.job.identity.base) as slot:
            place = place_of(self.job, slot, writes=writes)
            self.answered = asking.ask(self.job, question(self.job), "write alpha", place)
            [self.record] = records(self.job)
            self.asked = Asked(
                id=self.record.id,
                request=self.answered.request,
                key=question(self.job).key,
                tier=self.record.tier,
                log=str(question(self.job).log.relative_to(self.job.directory.path)),
                directory=str(slot.tree),
                scope=place.scope,
                prompt=self.record.prompt,
            )
        write_model(asking.in_flight(self.job, self.asked), self.asked)

    def lose_commit(self) -> None:
        """Nothing of the worktree was kept yet."""
        half = Answered(request=self.answered.request, reply=self.answered.reply, is_complete=False)
        write_model(reply_of(self.job), half)
        self.job.repository.delete(self.asked.scope.ref if self.asked.scope else "")

    def lose_record(self) -> None:
        self.job.directory.costs.unlink()

    def lose_reply(self) -> None:
        reply_of(self.job).unlink()
        if self.asked.scope:
            self.job.repository.delete(self.asked.scope.ref)

    @property
    def slot(self) -> Path:
        return Path(self.asked.directory).parent

    def run(self) -> Job:
        """Begin the next run."""
        job = again(self.job, self.told)
        with working(job):
            pass
        return job


def assert_taken_over(stopped: Stopped, job: Job) -> None:
    kept = read_reply(job)
    assert kept
    assert (kept.is_complete, kept.notes, kept.reply) == (True, NOTES, stopped.answered.reply)
    assert content(job, kept) == b"x = 1\n"
    assert job.repository.parent(kept.commit) == job.identity.base
    assert refs(job) == {job.identity.kept_ref("run:alpha", "1"): kept.commit}
    assert_counted_once(stopped, job)
    assert ask(job) == kept
    assert records(job) == records(again(job))


def assert_counted_once(stopped: Stopped, job: Job) -> None:
    [entry] = records(job)
    assert entry.model_dump(exclude={"time"}) == stopped.record.model_dump(exclude={"time"})
    assert job.ledger.spent == 0.25
    assert in_flight(job) == []


def test_a_reply_that_was_only_in_the_transcript_is_taken_over(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_reply()
    stopped.lose_record()

    job = stopped.run()

    assert_taken_over(stopped, job)
    assert stopped.told == [TOOK_OVER]


def test_a_reply_whose_worktree_was_not_kept_yet_is_taken_over(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_commit()

    job = stopped.run()

    assert_taken_over(stopped, job)
    assert stopped.told == [TOOK_OVER]


def test_a_reply_whose_cost_was_not_written_yet_is_taken_over(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_commit()
    stopped.lose_record()

    assert_taken_over(stopped, stopped.run())


def test_a_reply_that_was_complete_is_left_as_it_is(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)

    job = stopped.run()

    assert read_reply(job) == stopped.answered
    assert_counted_once(stopped, job)
    assert stopped.told == []


@pytest.mark.parametrize("is_torn", [False, True])
def test_a_reading_roles_reply_that_was_not_counted_yet_is_counted(tmp_path: Path, is_torn: bool) -> None:
    stopped = Stopped(tmp_path, writes=False)
    stopped.lose_record()
    if is_torn:
        stopped.job.directory.costs.write_text(stopped.record.model_dump_json()[:40])

    job = stopped.run()

    assert read_reply(job) == stopped.answered
    assert_counted_once(stopped, job)
    assert ask(job, writes=False) == stopped.answered


def test_a_reading_roles_reply_that_was_only_in_the_transcript_is_taken_over(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path, writes=False)
    stopped.lose_reply()
    stopped.lose_record()

    job = stopped.run()

    assert read_reply(job) == stopped.answered
    assert_counted_once(stopped, job)


@pytest.mark.parametrize("end", ["error", "timeout"])
def test_what_a_call_left_that_ended_badly_is_taken_over_too(tmp_path: Path, end: str) -> None:
    stopped = Stopped(tmp_path, end=end)
    stopped.lose_commit()

    assert_taken_over(stopped, stopped.run())


def test_taking_over_twice_is_taking_over_once(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_commit()
    stopped.lose_record()
    recover(again(stopped.job))
    write_model(asking.in_flight(stopped.job, stopped.asked), stopped.asked)

    assert_taken_over(stopped, stopped.run())


@pytest.mark.parametrize("transcript", [None, "", "{", '{"end": "do'], ids=["none", "empty", "begun", "partial"])
def test_a_call_that_told_nothing_is_asked_again(tmp_path: Path, transcript: str | None) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_reply()
    stopped.lose_record()
    told = question(stopped.job).log / "transcript.jsonl"
    told.unlink() if transcript is None else told.write_text(transcript)

    job = stopped.run()

    assert (records(job), in_flight(job), read_reply(job), stopped.told) == ([], [], None, [])
    assert content(job, ask(job)) == b"x = 1\n"
    assert len(records(job)) == 1


@pytest.mark.parametrize("damage", ["slot", "tree", "link", "cache"])
def test_where_the_worktree_is_gone_the_cost_counts_and_the_question_is_asked_again(
    tmp_path: Path, damage: str
) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_commit()
    stopped.lose_record()
    match damage:
        case "slot":
            shutil.rmtree(stopped.slot)
        case "tree":
            shutil.rmtree(stopped.slot / "tree")
        case "link":
            (stopped.slot / "tree").rename(tmp_path / "elsewhere")
            (stopped.slot / "tree").symlink_to(tmp_path / "elsewhere")
        case "cache":
            shutil.rmtree(stopped.slot.parent)

    job = stopped.run()

    assert_counted_once(stopped, job)
    assert (refs(job), stopped.told) == ({}, [])
    answered = ask(job)
    assert content(job, answered) == b"x = 1\n"
    assert [entry.cost_usd for entry in records(job)] == [0.25, 0.25]


@pytest.mark.parametrize("index", [None, b"", b"DIRC and no more"], ids=["none", "empty", "spoiled"])
def test_a_worktree_whose_index_was_damaged_is_compared_with_its_commit_all_the_same(
    tmp_path: Path, index: bytes | None
) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_commit()
    path = stopped.slot / "index"
    path.unlink() if index is None else path.write_bytes(index)

    assert_taken_over(stopped, stopped.run())


def test_an_earlier_reply_without_its_worktree_is_not_the_answer_of_a_later_call(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_commit()
    shutil.rmtree(stopped.slot)
    stopped.run()
    killed = Job(stopped.job.repository, stopped.job.directory, stopped.job.config, tell=Killer().append)
    with pytest.raises(Killed):
        ask(killed)

    job = stopped.run()

    assert_counted_once(stopped, job)
    assert (refs(job), stopped.told) == ({}, [])


def test_the_reply_to_another_question_is_not_taken_over_and_stays(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    killed = Job(stopped.job.repository, stopped.job.directory, stopped.job.config, tell=Killer().append)
    with pytest.raises(Killed):
        ask(killed, replace(question(killed), inputs="another"))

    job = stopped.run()

    assert read_reply(job) == stopped.answered
    assert_counted_once(stopped, job)


def test_a_spoiled_reply_is_made_again_from_the_transcript(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_commit()
    reply_of(stopped.job).write_text("{")

    assert_taken_over(stopped, stopped.run())


@pytest.mark.parametrize("text", ["{", "", '{"version": 2}', '{"version": 1}', "\0"])
def test_a_spoiled_call_is_told_and_goes(tmp_path: Path, text: str) -> None:
    stopped = Stopped(tmp_path)
    asking.in_flight(stopped.job, stopped.asked).write_text(text)

    job = stopped.run()

    assert_counted_once(stopped, job)
    [note] = stopped.told
    assert isinstance(note, Note)
    assert note.text.startswith("a call of the stopped run cannot be taken over: '")


def test_a_call_that_leads_elsewhere_is_told_and_goes(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    path = asking.in_flight(stopped.job, stopped.asked)
    path.write_text(path.read_text().replace('"agent-1"', '"../agent-1"'))

    job = stopped.run()

    assert_counted_once(stopped, job)
    assert len(stopped.told) == 1


def test_a_call_of_a_backend_that_is_gone_is_told_and_goes(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_reply()
    path = asking.in_flight(stopped.job, stopped.asked)
    path.write_text(path.read_text().replace('"replay"', '"nobodys"'))

    job = stopped.run()

    assert in_flight(job) == []
    [note] = stopped.told
    assert isinstance(note, Note)
    assert "nobodys" in note.text


def test_several_calls_are_completed(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_commit()
    for number in range(3):
        spoiled = stopped.job.directory.calls / f"{number:032x}.json"
        spoiled.write_text("{")

    job = stopped.run()

    assert_taken_over(stopped, job)
    assert len(stopped.told) == 4


def test_while_a_reply_cannot_be_kept_its_call_stays_written_down(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_reply()
    stopped.lose_record()
    reply_of(stopped.job).mkdir()

    with pytest.raises(IsADirectoryError):
        stopped.run()
    kept = in_flight(stopped.job)
    reply_of(stopped.job).rmdir()

    assert kept == [asking.in_flight(stopped.job, stopped.asked)]
    assert_taken_over(stopped, stopped.run())


def test_while_a_commit_cannot_be_kept_its_call_stays_written_down_and_is_counted_once(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_commit()
    stopped.lose_record()
    refs_of_job = stopped.job.repository.common_dir / stopped.job.identity.kept_refs.rstrip("/")
    refs_of_job.parent.mkdir(exist_ok=True)
    refs_of_job.write_text("in the way")

    with pytest.raises(DirectorError, match="update-ref"):
        stopped.run()
    kept = in_flight(stopped.job)
    refs_of_job.unlink()

    assert kept == [asking.in_flight(stopped.job, stopped.asked)]
    assert_taken_over(stopped, stopped.run())


def test_a_worktree_whose_reply_could_not_be_completed_is_not_lent_again_in_the_run(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", WRITES)
    in_the_way = job.repository.common_dir / "refs" / "director"
    in_the_way.write_text("in the way")
    with pytest.raises(DirectorError, match="update-ref"):
        ask(job)

    with job.pool.slot("agent", job.identity.base) as other:
        (other.tree / "alpha.py").write_text("of another task\n")
    in_the_way.unlink()
    with working(again(job)):
        pass

    assert other.name == "agent-2"
    kept = read_reply(job)
    assert kept
    assert content(job, kept) == b"x = 1\n"


def test_what_was_private_to_the_calls_of_a_stopped_run_goes(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    backend = stopped.job.directory.backends / "opencode"
    locked = backend / "calls" / "call-1" / "data"
    locked.mkdir(parents=True)
    (locked / "token").write_text("secret")
    locked.chmod(0)
    (backend / "state").mkdir()

    stopped.run()

    assert [path.name for path in backend.iterdir()] == ["state"]


def test_what_a_stopped_run_had_begun_to_write_goes(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    directory = stopped.job.directory
    begun = [directory.path / ".plan.json.x1.unfinished", question(stopped.job).log / ".reply.json.x2.unfinished"]
    for path in begun:
        path.write_text("half a")
    theirs = directory.path / "notes.unfinished"
    theirs.write_text("the user's own")
    directory.holder.write_text("{}")

    stopped.run()

    assert not any(path.exists() for path in begun)
    assert theirs.exists()


def test_stale_locks_of_refs_of_ours_go_before_a_commit_is_kept(tmp_path: Path) -> None:
    stopped = Stopped(tmp_path)
    stopped.lose_commit()
    identity, common = stopped.job.identity, stopped.job.repository.common_dir
    locks = [common / f"{identity.ref}.lock", common / f"{identity.kept_ref('run:alpha', '1')}.lock"]
    for lock in locks:
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.touch()

    job = stopped.run()

    assert not any(lock.exists() for lock in locks)
    assert_taken_over(stopped, job)


def test_a_call_that_was_interrupted_before_it_told_anything_is_asked_again(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", WRITES, told=Killer())
    with pytest.raises(Killed):
        ask(job)
    assert len(in_flight(job)) == 1

    following = again(job)
    with working(following):
        answered = ask(following)

    assert content(following, answered) == b"x = 1\n"
    assert (len(records(following)), in_flight(following)) == (1, [])


def test_where_there_is_no_job_yet_there_is_nothing_to_recover(tmp_path: Path) -> None:
    made = make_job(tmp_path / "repository", WRITES)
    made.directory.identity.unlink()

    with working(again(made)):
        pass

    assert records(made) == []


class OpenCodeStopped(Stopped):
    """A call of OpenCode that was killed with this transcript."""

    def __init__(self, root: Path, *events: dict[str, Any], stderr: str = "", **more: Any) -> None:
        super().__init__(root)
        self.lose_reply()
        self.lose_record()
        tier = {"backend": "opencode", "model": "lan/coder"}
        path = asking.in_flight(self.job, self.asked)
        path.write_text(json.dumps(json.loads(path.read_text()) | {"tier": tier}))
        lines = "".join(json.dumps(event) + "\n" for event in events)
        (question(self.job).log / "transcript.jsonl").write_text(lines + '{"type": "tool_use", "pa')
        (question(self.job).log / "stderr.txt").write_text(stderr)


def test_what_an_unfinished_call_had_used_counts_and_it_is_asked_again(tmp_path: Path) -> None:
    stopped = OpenCodeStopped(tmp_path, STEP, STEP)

    job = stopped.run()

    [entry] = records(job)
    assert (entry.end, entry.cost_usd, entry.cost_source) == (End.INTERRUPTED, 0.5, "program")
    assert entry.usage == Usage(input=20, output=10)
    assert (entry.id, entry.task, entry.role, str(entry.tier)) == (
        stopped.record.id,
        "run:alpha",
        Role.EXECUTOR,
        "opencode:lan/coder",
    )
    assert (in_flight(job), read_reply(job), refs(job), stopped.told) == ([], None, {}, [])
    assert ask(job).reply.text == "done"
    assert [entry.end for entry in records(job)] == [End.INTERRUPTED, End.DONE]


def test_what_an_unfinished_call_had_used_is_priced_as_the_configuration_says(tmp_path: Path) -> None:
    stopped = OpenCodeStopped(tmp_path, STEP, STEP)
    price = {"lan/coder": {"input": 100_000, "output": 1_000_000}}
    config = Config.model_validate(stopped.job.config.model_dump() | {"pricing": price})
    job = Job(stopped.job.repository, stopped.job.directory, config)

    recover(job)

    assert [(entry.cost_usd, entry.cost_source) for entry in records(job)] == [(12.0, "config")]


def test_an_answer_of_opencode_that_was_whole_is_taken_over(tmp_path: Path) -> None:
    stopped = OpenCodeStopped(tmp_path, STEP, TEXT, LAST)

    job = stopped.run()

    kept = read_reply(job)
    assert kept
    assert (kept.reply.end, kept.reply.text, kept.reply.cost_usd) == (End.DONE, "Done.", 0.75)
    assert content(job, kept) == b"x = 1\n"
    assert [(entry.end, entry.cost_usd) for entry in records(job)] == [(End.DONE, 0.75)]
    assert stopped.told == [TOOK_OVER]


def test_an_answer_whose_worktree_still_lacks_what_was_put_aside_is_not_taken_over(tmp_path: Path) -> None:
    stopped = OpenCodeStopped(tmp_path, STEP, TEXT, LAST)
    aside = stopped.job.directory.backends / "opencode" / "calls" / "call-1" / "aside"
    aside.mkdir(parents=True)
    (aside / "0").write_text("{}")

    job = stopped.run()

    assert read_reply(job) is None
    assert [(entry.end, entry.cost_usd) for entry in records(job)] == [(End.INTERRUPTED, 0.75)]


def test_an_answer_of_an_agent_with_other_rights_is_not_taken_over(tmp_path: Path) -> None:
    said = '! agent "director-executor" not found. Falling back to default agent\n'
    stopped = OpenCodeStopped(tmp_path, STEP, TEXT, LAST, stderr=said)

    job = stopped.run()

    assert read_reply(job) is None
    assert [entry.end for entry in records(job)] == [End.INTERRUPTED]
