"""Replayed agents: what they answer, what they write, and what they refuse to write."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from director.agents.protocol import Request, Surroundings
from director.agents.replay import Replay
from director.core.calls import CallKey, End, Reply, RoleDefinition, ToolEvent, ToolKind, Usage
from director.core.config.settings import BackendOptions
from director.core.errors import AgentError, ConfigError, Interrupted
from director.core.roles import Permission, Role
from director.core.tiers import Tier
from director.shell import processes
from director.shell.processes import Limits

TIMELESS = Limits(wall=60)


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    directory = tmp_path / "worktree"
    directory.mkdir()
    return directory


@pytest.fixture
def stopped() -> Iterator[None]:
    yield
    processes.clear_stop()


def ask(
    tmp_path: Path,
    cassette: str,
    *,
    role: Role = Role.EXECUTOR,
    task: str = "run:money",
    attempt: int = 1,
    limits: Limits = TIMELESS,
    permissions: frozenset[Permission] = frozenset(Permission),
) -> Reply:
    """Play a cassette in the worktree and return the reply to one request."""
    (tmp_path / "tape.yaml").write_text(cassette, encoding="utf-8")
    return replay(tmp_path).ask(request(tmp_path, CallKey(role=role, task=task, attempt=attempt), limits, permissions))


def replay(repository: Path, mode: str | None = None) -> Replay:
    return Replay(Surroundings(BackendOptions(mode=mode), repository, repository / "state", dict))


def request(
    tmp_path: Path,
    key: CallKey,
    limits: Limits = TIMELESS,
    permissions: frozenset[Permission] = frozenset(Permission),
) -> Request:
    return Request(
        key=key,
        tier=Tier(backend="replay", model="tape.yaml"),
        role=RoleDefinition(name=key.role, description="", permissions=permissions, instructions=""),
        prompt="please",
        directory=tmp_path / "worktree",
        log_directory=tmp_path / "logs",
        limits=limits,
        mark="job/run",
    )


def written(content: str) -> str:
    """Return a cassette whose only entry writes files, given as YAML."""
    return f"version: 1\ncalls: [{{role: executor, task: 'run:money', text: done, files: {content}}}]"


def tree(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


def test_a_reply_holds_what_the_entry_says(tmp_path: Path, worktree: Path) -> None:
    cassette = """
version: 1
calls:
  - role: executor
    task: run:money
    text: I added money.
    usage: {input: 10, cached_input: 2, cache_write: 3, output: 4, reasoning: 1}
    cost_usd: 0.25
    events:
      - {kind: run, detail: make test, exit_code: 1}
      - {kind: edit, detail: money.py}
"""

    reply = ask(tmp_path, cassette)

    assert reply.model_copy(update={"seconds": 0.0}) == Reply(
        end=End.DONE,
        text="I added money.",
        usage=Usage(input=10, cached_input=2, cache_write=3, output=4, reasoning=1),
        cost_usd=0.25,
        events=(
            ToolEvent(kind=ToolKind.RUN, detail="make test", exit_code=1),
            ToolEvent(kind=ToolKind.EDIT, detail="money.py"),
        ),
    )


def test_files_are_written_replaced_and_deleted(tmp_path: Path, worktree: Path) -> None:
    (worktree / "old.py").write_text("old")
    (worktree / "gone.py").write_text("gone")

    ask(tmp_path, written("{old.py: new, sub/deep/new.py: fresh, gone.py: null, never.py: null}"))

    assert tree(worktree) == {"old.py": "new", "sub/deep/new.py": "fresh"}


def test_a_file_is_made_executable_on_request(tmp_path: Path, worktree: Path) -> None:
    cassette = written("{go.sh: 'exit 0', data.txt: x}, executable: [go.sh]")

    ask(tmp_path, cassette)

    assert (worktree / "go.sh").stat().st_mode & 0o111 == 0o111
    assert (worktree / "data.txt").stat().st_mode & 0o111 == 0


def test_the_entry_of_an_attempt_goes_before_the_entry_of_any(tmp_path: Path, worktree: Path) -> None:
    cassette = """
version: 1
calls:
  - {role: executor, task: run:money, text: any}
  - {role: executor, task: run:money, attempt: 2, text: second}
"""

    texts = [ask(tmp_path, cassette, attempt=attempt).text for attempt in (1, 2, 3)]

    assert texts == ["any", "second", "any"]


def test_a_call_that_is_not_in_the_cassette_is_an_error_that_names_close_keys(tmp_path: Path, worktree: Path) -> None:
    cassette = """
version: 1
calls:
  - {role: executor, task: run:money, attempt: 1}
  - {role: explorer, task: recon}
"""

    with pytest.raises(AgentError) as caught:
        ask(tmp_path, cassette, task="run:monye")

    assert str(caught.value) == (
        "no entry of the cassette 'tape.yaml' answers 'executor run:monye 1'\nhint: close to it: 'executor run:money 1'"
    )


def test_a_call_that_is_like_no_entry_is_an_error_too(tmp_path: Path, worktree: Path) -> None:
    with pytest.raises(AgentError) as caught:
        ask(tmp_path, "version: 1\ncalls: []")

    assert caught.value.hint == "add an entry with this role, task and attempt"


def test_an_entry_can_end_badly(tmp_path: Path, worktree: Path) -> None:
    cassette = "version: 1\ncalls: [{role: executor, task: 'run:money', end: rate_limited, detail: too many requests}]"

    reply = ask(tmp_path, cassette)

    assert (reply.end, reply.detail) == (End.RATE_LIMITED, "too many requests")


def test_the_transcript_is_one_line_with_the_whole_reply(tmp_path: Path, worktree: Path) -> None:
    cassette = """
version: 1
calls: [{role: executor, task: "run:money", text: "ä\\nb", events: [{kind: run, detail: make, exit_code: 2}]}]
"""

    reply = ask(tmp_path, cassette)

    (line,) = (tmp_path / "logs" / "transcript.jsonl").read_text().splitlines()
    assert Reply.model_validate_json(line) == reply


def test_a_reply_is_recalled_from_the_transcript_once_it_is_whole(tmp_path: Path, worktree: Path) -> None:
    cassette = "version: 1\ncalls: [{role: executor, task: 'run:money', text: done}]"
    reply, logs = ask(tmp_path, cassette), tmp_path / "logs"

    assert replay(tmp_path).recall(logs, worktree) == reply
    whole = (logs / "transcript.jsonl").read_bytes()
    (logs / "transcript.jsonl").write_bytes(whole[:-20])
    assert replay(tmp_path).recall(logs, worktree) is None
    assert replay(tmp_path).recall(tmp_path / "nowhere", worktree) is None


def test_a_call_takes_its_time(tmp_path: Path, worktree: Path) -> None:
    reply = ask(tmp_path, "version: 1\ncalls: [{role: executor, task: 'run:money', seconds: 0.2}]")

    assert reply.seconds >= 0.2


@pytest.mark.parametrize("limits", [Limits(wall=0.1), Limits(wall=60, idle=0.1)], ids=["wall", "idle"])
def test_a_call_that_takes_longer_than_its_limit_times_out_and_writes_nothing(
    tmp_path: Path, worktree: Path, limits: Limits
) -> None:
    reply = ask(tmp_path, written("{a.py: x}, seconds: 3600"), limits=limits)

    assert (reply.end, reply.text, reply.detail) == (End.TIMEOUT, "", "no answer within 0.1 seconds")
    assert tree(worktree) == {}


def test_a_call_is_interrupted_when_director_stops(tmp_path: Path, worktree: Path, stopped: None) -> None:
    threading.Timer(0.1, processes.request_stop).start()
    started = time.monotonic()

    with pytest.raises(Interrupted):
        ask(tmp_path, written("{a.py: x}, seconds: 3600"))

    assert time.monotonic() - started < 30
    assert tree(worktree) == {}


def test_a_role_that_may_not_edit_writes_nothing(tmp_path: Path, worktree: Path) -> None:
    reply = ask(tmp_path, written("{a.py: x}"), permissions=frozenset({Permission.READ, Permission.RUN}))

    assert (reply.end, reply.detail) == (End.REFUSED, "the role 'executor' may not edit files: a.py")
    assert tree(worktree) == {}


def test_a_linked_directory_that_leads_out_is_not_written_through(tmp_path: Path, worktree: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (worktree / "link").symlink_to(outside)

    reply = ask(tmp_path, written("{first.py: x, link/a.py: x}"))

    assert (reply.end, reply.detail) == (End.REFUSED, "'link/a.py' leads out of the directory")
    assert tree(outside) == {}
    assert not (worktree / "first.py").exists()


def test_a_linked_directory_that_leads_into_git_is_not_written_through(tmp_path: Path, worktree: Path) -> None:
    (worktree / ".git" / "hooks").mkdir(parents=True)
    (worktree / "link").symlink_to(".git/hooks")

    reply = ask(tmp_path, written("{link/pre-commit: x}"))

    assert reply.end is End.REFUSED
    assert tree(worktree / ".git") == {}


def test_a_linked_file_is_replaced_and_what_it_leads_to_is_left_alone(tmp_path: Path, worktree: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (worktree / "link.py").symlink_to(tmp_path / "secret")

    reply = ask(tmp_path, written("{link.py: x}"))

    assert reply.end is End.DONE
    assert (tmp_path / "secret").read_text() == "secret"
    assert not (worktree / "link.py").is_symlink()


def test_a_file_where_a_directory_is_needed_is_an_error_in_the_reply(tmp_path: Path, worktree: Path) -> None:
    (worktree / "a").write_text("a file")

    reply = ask(tmp_path, written("{a/b.py: x}"))

    assert reply.end is End.ERROR
    assert reply.detail.startswith("a file cannot be written: ")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/etc/passwd", "'/etc/passwd' is not a plain path from the repository's root, such as 'src/parser.py'"),
        ("a//b", "'a//b' is not a plain path from the repository's root, such as 'src/parser.py'"),
        (".", "'.' is not a plain path from the repository's root, such as 'src/parser.py'"),
        ("a/../../b", "'a/../../b' leads out of the repository"),
        (".git/hooks/pre-commit", "'.git/hooks/pre-commit' lies in git's own directory"),
        ("sub/.GIT/config", "'sub/.GIT/config' lies in git's own directory"),
    ],
)
def test_a_path_that_leads_elsewhere_is_an_error_of_the_cassette(
    tmp_path: Path, worktree: Path, path: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        ask(tmp_path, written(f"{{'{path}': x}}"))

    assert said in caught.value.message


def test_every_problem_of_a_cassette_is_listed_with_its_place(tmp_path: Path, worktree: Path) -> None:
    cassette = """
calls:
  - {role: boss, task: spec}
  - {role: planner, tesk: spec}
  - {role: executor, task: run:a, executable: [a.sh]}
"""

    with pytest.raises(ConfigError) as caught:
        ask(tmp_path, cassette)

    assert str(caught.value) == (
        "'tape.yaml' cannot be played as a cassette:\n"
        "  - version: this key is missing\n"
        "  - calls[0].role: input should be 'explorer', 'brainstorm', 'planner', 'test_author', 'executor', "
        "'escalation' or 'reviewer' (the entry of 'boss spec')\n"
        "  - calls[1].task: this key is missing (the entry of 'planner')\n"
        "  - calls[1].tesk: this key is not known (the entry of 'planner')\n"
        "  - calls[2]: 'a.sh' is in 'executable' and has no content in 'files' (the entry of 'executor run:a')\n"
        "hint: an entry of 'calls' may hold: role, task, attempt, trial, end, detail, retry_after, usage, cost_usd, "
        "seconds, took, events, text, files, executable, masked, left_out, prompt, id"
    )


def test_two_entries_with_one_key_are_an_error(tmp_path: Path, worktree: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        ask(tmp_path, "version: 1\ncalls: [{role: planner, task: spec}, {role: planner, task: spec}]")

    assert "more than one entry of 'calls' answers 'planner spec'" in caught.value.message


def test_broken_yaml_is_an_error_with_its_line(tmp_path: Path, worktree: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        ask(tmp_path, "version: 1\ncalls:\n  - text: a: b\n")

    assert str(caught.value) == (
        "'tape.yaml', line 3, column 12, is not YAML: mapping values are not allowed here\n"
        "hint: check the indentation there; text with ': ' or ' #' in it wants quotes or a '|' block"
    )


@pytest.mark.parametrize("text", ["version: !!int ''", "version: 2026-99-99", "[" * 5000, "a: !!python/none x", "\0"])
def test_no_yaml_however_broken_is_a_bug_of_ours(tmp_path: Path, worktree: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        ask(tmp_path, text)


def test_a_cassette_that_is_missing_is_an_error_that_names_it(tmp_path: Path, worktree: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        replay(tmp_path).ask(request(tmp_path, CallKey(role=Role.PLANNER, task="spec")))

    assert str(caught.value) == (
        "the cassette 'tape.yaml' is not a regular file\n"
        "hint: a tier 'replay:PATH' names a file, seen from the repository's root"
    )


def test_a_cassette_is_read_once(tmp_path: Path, worktree: Path) -> None:
    (tmp_path / "tape.yaml").write_text("version: 1\ncalls: [{role: planner, task: spec, text: kept}]")
    backend = replay(tmp_path)
    backend.ask(request(tmp_path, CallKey(role=Role.PLANNER, task="spec")))
    (tmp_path / "tape.yaml").unlink()

    again = backend.ask(request(tmp_path, CallKey(role=Role.PLANNER, task="spec")))

    assert again.text == "kept"


RECORDED = f"""
version: 1
calls:
  - {{role: executor, task: run:money, attempt: 1, text: first, prompt: {{sha256: {"a" * 64}}}}}
  - {{role: executor, task: run:money, attempt: 1, text: again, prompt: {{sha256: {"b" * 64}}}}}
"""


class Asking:
    """Asks a recorded cassette with prompts of known digests, and hears what is said aloud."""

    def __init__(self, tmp_path: Path, cassette: str = RECORDED, mode: str | None = None) -> None:
        self.place, self.backend, self.notes = tmp_path, replay(tmp_path, mode), list[str]()
        (tmp_path / "tape.yaml").write_text(cassette, encoding="utf-8")

    def __call__(self, digest: str, *earlier: str, task: str = "run:money") -> str:
        asked = request(self.place, CallKey(role=Role.EXECUTOR, task=task))
        known = {"prompt_digest": digest * 64, "earlier": tuple(entry * 64 for entry in earlier)}
        return self.backend.ask(replace(asked, note=self.notes.append, **known)).text


def test_the_entry_of_the_very_prompt_is_played_without_a_word(tmp_path: Path, worktree: Path) -> None:
    ask_for = Asking(tmp_path)

    assert (ask_for("b"), ask_for("a"), ask_for.notes) == ("again", "first", [])


def test_a_changed_prompt_is_played_by_role_and_task_and_told_once_for_the_task(tmp_path: Path, worktree: Path) -> None:
    ask_for = Asking(tmp_path)

    assert (ask_for("c"), ask_for("d", "c")) == ("first", "again")
    assert ask_for.notes == [
        "executor run:money 1: the prompt changed since it was recorded: played by role and task",
    ]


def test_in_strict_mode_a_changed_prompt_is_not_answered(tmp_path: Path, worktree: Path) -> None:
    ask_for = Asking(tmp_path, mode="strict")

    assert ask_for("a") == "first"
    with pytest.raises(AgentError) as caught:
        ask_for("c")
    assert (
        caught.value.message
        == "the prompt of 'executor run:money 1' is not the one that the cassette 'tape.yaml' recorded"
    )


def test_in_strict_mode_an_entry_by_hand_answers_whatever_is_asked(tmp_path: Path, worktree: Path) -> None:
    ask_for = Asking(tmp_path, "version: 1\ncalls: [{role: executor, task: 'run:money', text: done}]", mode="strict")

    assert (ask_for("a"), ask_for.notes) == ("done", [])


def test_whose_turn_it_is_is_known_without_having_played(tmp_path: Path, worktree: Path) -> None:
    cassette = """
version: 1
calls:
  - {role: executor, task: run:money, end: rate_limited}
  - {role: executor, task: run:money, text: done}
"""

    assert Asking(tmp_path, cassette)("a", "a") == "done"


def test_a_mode_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the backend 'replay' has no mode 'loose'"):
        replay(tmp_path, "loose").check(Tier(backend="replay", model="tape.yaml"))


def test_masked_and_missing_files_are_told(tmp_path: Path, worktree: Path) -> None:
    more = "files: {a.py: x}, masked: [text, a.py], left_out: [big.bin]"
    ask_for = Asking(tmp_path, f"version: 1\ncalls: [{{role: executor, task: 'run:money', {more}}}]")

    ask_for("a")

    assert ask_for.notes == [
        "executor run:money 1: played with secrets masked: a.py",
        "executor run:money 1: played without what could not be recorded: big.bin",
    ]


def test_binary_files_and_links_are_written(tmp_path: Path, worktree: Path) -> None:
    ask(
        tmp_path, written("{a.bin: {base64: AAH/}, link: {link: ../elsewhere}, run: {base64: IyE=}}, executable: [run]")
    )

    assert (worktree / "a.bin").read_bytes() == b"\0\1\xff"
    assert (worktree / "link").readlink() == Path("../elsewhere")
    assert (worktree / "run").stat().st_mode & 0o111


@pytest.mark.parametrize(("more", "mode"), [("", 0o755), (", executable: []", 0o644)], ids=["unsaid", "none"])
def test_a_file_keeps_its_mode_unless_it_is_said_which_are_executable(
    tmp_path: Path, worktree: Path, more: str, mode: int
) -> None:
    (worktree / "go.sh").write_text("exit 1")
    (worktree / "go.sh").chmod(0o755)

    ask(tmp_path, written("{go.sh: exit 0}" + more))

    assert (worktree / "go.sh").stat().st_mode & 0o777 == mode


def test_files_and_directories_may_change_places(tmp_path: Path, worktree: Path) -> None:
    (worktree / "a" / "b").mkdir(parents=True)
    (worktree / "a" / "b" / "c").write_text("old")
    (worktree / "d").write_text("old")

    reply = ask(tmp_path, written("{a: new, a/b/c: null, d/e: new, d: null}"))

    assert reply.end is End.DONE
    assert tree(worktree) == {"a": "new", "d/e": "new"}
