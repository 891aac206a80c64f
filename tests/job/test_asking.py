"""Asking an agent: recorded, within the budget, and never twice for a reply that has arrived."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from director.artifacts.attempts import Answered
from director.artifacts.files import read_model, read_records
from director.core.artifacts import Scope
from director.core.calls import CallKey, CallRecord, End
from director.core.config.settings import Config
from director.core.errors import AgentError, ConfigError, DirectorError, LimitReached
from director.core.events import CallEnded, CallStarted, Event, Waiting
from director.core.roles import Role
from director.job import asking
from director.job.asking import Question, Workplace
from director.job.job import Job
from tests.job.jobs import TIER, make_job

ENTRY: dict[str, Any] = {"role": "executor", "task": "run:alpha", "text": "done", "cost_usd": 0.25}


def question(job: Job, **more: Any) -> Question:
    fields: dict[str, Any] = {
        "key": CallKey(role=Role.EXECUTOR, task="run:alpha"),
        "log": job.directory.logs("run:alpha") / "1",
        "inputs": "digest",
    }
    return Question(**fields | more)


def ask(job: Job, asked: Question, *, writes: bool = True, prompt: str = "write alpha") -> Answered:
    """Ask in a fresh worktree; what is taken of it is alpha.py."""
    base = job.identity.base
    with job.pool.slot("agent", base) as slot:
        ref = job.identity.kept_ref("run:alpha", "1")
        scope = Scope(slot=slot.name, base=base, allowed=("alpha.py",), message="alpha", ref=ref)
        place = Workplace(slot, scope if writes else None, renew=lambda: slot.prepare(base))
        return asking.ask(job, asked, prompt, place)


def content(job: Job, answered: Answered) -> bytes | None:
    return job.repository.read(answered.commit, ["alpha.py"])["alpha.py"]


def records(job: Job) -> list[CallRecord]:
    return read_records(job.directory.costs, CallRecord)


def test_a_reply_is_returned_and_kept(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY)
    asked = question(job)

    answered = ask(job, asked)

    assert (answered.reply.end, answered.reply.text) == (End.DONE, "done")
    assert read_model(asked.log / "reply.json", Answered) == answered
    assert (asked.log / "prompt.md").read_text() == "write alpha"
    assert (asked.log / "transcript.jsonl").exists()


@pytest.mark.parametrize(
    ("told", "cost", "source"),
    [
        ({"usage": {"input": 1_000_000}}, 2.0, "config"),
        ({"usage": {}}, None, "unknown"),
        ({"usage": {}, "cost_usd": 0.25}, 0.25, "program"),
        ({"usage": {}, "end": "error", "detail": "the server is on fire"}, 0.0, "config"),
    ],
)
def test_no_price_tells_what_a_model_has_cost_whose_tokens_are_not_told(
    tmp_path: Path, told: dict[str, Any], cost: float | None, source: str
) -> None:
    job = make_job(tmp_path / "repository", {"role": "executor", "task": "run:alpha", "text": "done", **told})
    price = {TIER: {"input": 2.0, "output": 10.0}}
    config = Config.model_validate(job.config.model_dump(mode="json") | {"pricing": price})

    ask(replace(job, config=config), question(job))

    [record] = records(job)
    assert (record.cost_usd, record.cost_source) == (cost, source)


def test_what_the_agent_left_is_captured_after_its_reply(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY | {"files": {"alpha.py": "x = 1\n", "beta.py": "x\n"}})
    asked = question(job)

    answered = ask(job, asked)

    assert content(job, answered) == b"x = 1\n"
    assert answered.notes == ("changed outside what you may change: 'beta.py'",)
    assert job.repository.refs("refs/director/") == {job.identity.kept_ref("run:alpha", "1"): answered.commit}


def test_a_call_is_recorded_with_what_it_cost(tmp_path: Path) -> None:
    usage = {"input": 100, "cached_input": 20, "output": 10}
    job = make_job(tmp_path / "repository", ENTRY | {"usage": usage})

    ask(job, question(job))

    [entry] = records(job)
    assert (entry.job, entry.role, entry.task, entry.attempt) == (job.identity.id, Role.EXECUTOR, "run:alpha", 1)
    assert (entry.cost_usd, entry.cost_source, entry.end) == (0.25, "program", End.DONE)
    assert entry.usage.model_dump(exclude_defaults=True) == usage
    assert job.ledger.spent == 0.25


def test_a_configured_price_goes_before_what_the_program_reports(tmp_path: Path) -> None:
    made = make_job(tmp_path / "repository", ENTRY | {"usage": {"input": 1_000_000}})
    price = {TIER: {"input": 3, "output": 15}}
    config = Config.model_validate(made.config.model_dump() | {"pricing": price})
    job = Job(made.repository, made.directory, config)

    ask(job, question(job))

    assert [(entry.cost_usd, entry.cost_source) for entry in records(job)] == [(3.0, "config")]


def test_a_call_without_a_known_cost_is_recorded_as_such(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", {**ENTRY, "cost_usd": None})

    ask(job, question(job))

    assert [(entry.cost_usd, entry.cost_source) for entry in records(job)] == [(None, "unknown")]


def test_those_who_watch_are_told_of_the_call(tmp_path: Path) -> None:
    told: list[Event] = []
    job = make_job(tmp_path / "repository", ENTRY, told=told)
    asked = question(job)

    ask(job, asked)

    assert told == [CallStarted(asked.key, job.config.tier(Role.EXECUTOR)), CallEnded(asked.key, records(job)[0])]


def test_the_same_request_gets_the_reply_that_arrived(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY)
    first = ask(job, question(job))

    second = ask(job, question(job), prompt="in other words")

    assert second == first
    assert len(records(job)) == 1


def test_another_director_gets_the_reply_that_arrived(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY)
    first = ask(job, question(job))
    another = Job(job.repository, job.directory, job.config)

    assert ask(another, question(another)) == first
    assert len(records(job)) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"inputs": "another"},
        {"key": CallKey(role=Role.EXECUTOR, task="run:alpha", attempt=2)},
        {"key": CallKey(role=Role.ESCALATION, task="run:alpha")},
        {"key": CallKey(role=Role.EXECUTOR, task="run:beta")},
    ],
    ids=["inputs", "attempt", "role", "task"],
)
def test_another_request_is_asked_anew(tmp_path: Path, more: dict[str, Any]) -> None:
    others = [ENTRY | {"role": "escalation"}, ENTRY | {"task": "run:beta"}]
    job = make_job(tmp_path / "repository", ENTRY, *others)
    ask(job, question(job))

    ask(job, question(job, **more))

    assert len(records(job)) == 2


def test_another_model_is_asked_anew(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY)
    ask(job, question(job))
    (tmp_path / "repository" / "other.yaml").write_bytes((tmp_path / "repository" / "cassette.yaml").read_bytes())
    tiers = {"planner": TIER, "executor": "replay:other.yaml"}
    another = Job(job.repository, job.directory, Config.model_validate({"tiers": tiers}))

    ask(another, question(another))

    assert len(records(job)) == 2


@pytest.mark.parametrize("writes", [True, False], ids=["writes", "reads"])
def test_a_call_that_is_refused_is_an_error_and_leaves_no_reply(tmp_path: Path, writes: bool) -> None:
    job = make_job(tmp_path / "repository", ENTRY | {"end": "refused", "detail": "no login"})
    asked = question(job)

    with pytest.raises(ConfigError) as caught:
        ask(job, asked, writes=writes)

    said = "the executor was refused: no login\nhint: check the login and the rights of the agent program"
    assert str(caught.value).startswith(said)
    assert not (asked.log / "reply.json").exists()


@pytest.mark.parametrize("end", ["refused", "error", "timeout"])
def test_a_call_that_did_not_end_well_is_recorded_too(tmp_path: Path, end: str) -> None:
    job = make_job(tmp_path / "repository", ENTRY | {"end": end})

    with pytest.raises(DirectorError):
        ask(job, question(job), writes=False)

    assert [(entry.end, entry.cost_usd) for entry in records(job)] == [(End(end), 0.25)]


def test_after_an_error_the_same_request_is_asked_anew(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY | {"end": "refused"})
    with pytest.raises(ConfigError):
        ask(job, question(job))
    again = make_job(tmp_path / "again", ENTRY)
    another = Job(again.repository, job.directory, again.config)

    assert ask(another, question(another)).reply.text == "done"


@pytest.mark.parametrize("end", ["error", "timeout"])
def test_what_a_writing_role_left_counts_also_if_its_call_did_not_end_well(tmp_path: Path, end: str) -> None:
    job = make_job(tmp_path / "repository", ENTRY | {"end": end})

    answered = ask(job, question(job))

    assert answered.reply.end == End(end)
    assert job.repository.parent(answered.commit) == job.identity.base


@pytest.mark.parametrize("end", ["error", "timeout"])
def test_a_reading_role_whose_call_did_not_end_well_is_an_error(tmp_path: Path, end: str) -> None:
    job = make_job(tmp_path / "repository", ENTRY | {"end": end, "detail": "it broke"})
    asked = question(job)

    with pytest.raises(AgentError) as caught:
        ask(job, asked, writes=False)

    assert str(caught.value) == (
        f"the executor failed ({end}): it broke\nhint: see {asked.log}, then run the same command again"
    )
    assert not (asked.log / "reply.json").exists()


def test_nobody_is_asked_above_the_ceiling(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY | {"cost_usd": 1.0}, cost_ceiling_usd=1.0)
    ask(job, question(job))

    with pytest.raises(LimitReached):
        ask(job, question(job, inputs="another"))

    assert len(records(job)) == 1


def test_a_reply_that_arrived_is_given_above_the_ceiling(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY | {"cost_usd": 1.0}, cost_ceiling_usd=1.0)
    first = ask(job, question(job))

    assert ask(job, question(job)) == first


def test_a_question_that_no_backend_can_put_costs_nothing(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository")

    with pytest.raises(AgentError, match="no entry of the cassette"):
        ask(job, question(job))

    assert records(job) == []


def test_a_kept_reply_that_cannot_be_read_is_named_before_anybody_is_asked(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY)
    asked = question(job)
    ask(job, asked)
    (asked.log / "reply.json").write_text("{")

    with pytest.raises(ConfigError, match=r"reply\.json' cannot be read"):
        ask(job, asked)

    assert len(records(job)) == 1


def test_notes_about_files_whose_names_are_no_unicode_are_kept(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY | {"files": {"caf\udce9": "x"}})

    ask(job, question(job))

    kept = read_model(question(job).log / "reply.json", Answered)
    assert kept
    assert kept.notes == ("changed outside what you may change: 'caf\\udce9'",)


def test_nothing_is_in_flight_when_a_call_has_ended(tmp_path: Path) -> None:
    job = make_job(tmp_path / "repository", ENTRY)

    ask(job, question(job))

    assert list(job.directory.calls.iterdir()) == []


def test_a_rate_limited_call_is_repeated_in_a_clean_worktree_when_its_tier_answers_again(tmp_path: Path) -> None:
    told: list[Event] = []
    limited = ENTRY | {"end": "rate_limited", "detail": "slow down", "retry_after": 0.3, "files": {"beta.py": "x"}}
    job = make_job(tmp_path / "repository", limited, ENTRY, told=told)

    answered = ask(job, question(job))

    assert (answered.reply.text, answered.notes) == ("done", ())
    assert [entry.end for entry in records(job)] == [End.RATE_LIMITED, End.DONE]
    assert [(event.reason, event.key.attempt) for event in told if isinstance(event, Waiting)] == [("slow down", 1)]


def test_a_call_that_has_to_wait_too_long_is_a_limit_that_was_reached(tmp_path: Path) -> None:
    limited = ENTRY | {"end": "rate_limited", "detail": "quota", "retry_after": 7200}
    job = make_job(tmp_path / "repository", limited)

    with pytest.raises(LimitReached, match=r"'replay:cassette.yaml' is rate limited until .*: quota"):
        ask(job, question(job))

    assert list(job.directory.calls.iterdir()) == []
