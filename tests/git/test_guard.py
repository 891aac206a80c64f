"""What agents and tests do to the user's repository is put back, reported and kept."""

import itertools
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from director.git.guard.evidence import Process
from director.git.guard.guard import Guard
from director.git.repository import Repository
from director.git.slots import Slot
from director.shell import intrusions
from director.shell.intrusions import Intrusion
from tests.git.checkout import Checkout, fingerprint, git

OWN = ("refs/heads/director/", "refs/director/")
KEEP = "refs/director/job-1/foreign/"


@dataclass(frozen=True)
class Agent:
    """An agent in a slot: it is traced, and knows where the user's repository is."""

    slot: Slot
    users: Path
    monkeypatch: pytest.MonkeyPatch
    guard: Guard

    def git(self, *arguments: str, directory: Path | None = None, **variables: str) -> str:
        with self.monkeypatch.context() as patch:
            for name, value in (self.guard.trace_environment() | variables).items():
                patch.setenv(name, value)
            return git(directory or self.slot.tree, *arguments)

    def git_there(self, *arguments: str) -> str:
        return self.git("-C", str(self.users), *arguments)


@pytest.fixture
def history(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Branches, a tag and a stash; the commits of `main`, oldest first."""
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    checkout.commit("second", second="2\n")
    checkout.commit("third", third="3\n")
    checkout.git("branch", "side", "HEAD~1")
    checkout.git("branch", "old", "HEAD~2")
    checkout.git("tag", "v1", "HEAD~1")
    for number in ("1", "2"):
        checkout.write("top.txt", number)
        checkout.git("stash")
    checkout.write(".git/hooks/pre-push", "#!/bin/sh\n", executable=True)
    return checkout.git("rev-list", "--reverse", "main").split()


@pytest.fixture
def guard(repository: Repository, history: list[str], tmp_path: Path) -> Guard:
    return Guard(repository, own=OWN, aside=tmp_path / "aside", keep=KEEP)


@pytest.fixture
def agent(guard: Guard, slot: Slot, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Agent:
    return Agent(slot, checkout.root, monkeypatch, guard)


def users(checkout: Checkout) -> dict[str, str]:
    """Return all that only the user may change."""
    kinds = ("HEAD", "config", "hooks/", "info/exclude", "info/attributes", "info/grafts", "objects/info/alternates")
    files = fingerprint(checkout.root / ".git")
    refs = checkout.git("for-each-ref", "--format=%(refname) %(objectname) %(symref)")
    stash = checkout.git("stash", "list", "--format=%gd %H")
    return {
        **{name: content for name, content in files.items() if name.startswith(kinds)},
        "refs": "\n".join(line for line in refs.splitlines() if not line.startswith(OWN)),
        "stash": stash,
    }


def kept(checkout: Checkout, intrusion: Intrusion) -> str:
    """Return what was kept: the object of a ref, the text of a file."""
    if intrusion.kept.startswith(KEEP):
        return checkout.git("rev-parse", intrusion.kept)
    return Path(intrusion.kept).read_text() if intrusion.kept else ""


Act = Callable[[Agent, Checkout], object]


def raw(path: str, content: str) -> Act:
    def act(agent: Agent, checkout: Checkout) -> None:
        place = checkout.root / ".git" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)

    return act


def append(path: str, content: str) -> Act:
    def act(agent: Agent, checkout: Checkout) -> None:
        with (checkout.root / ".git" / path).open("a") as file:
            file.write(content)

    return act


def there(*arguments: str) -> Act:
    return lambda agent, _: agent.git_there(*arguments)


def remove(path: str) -> Act:
    return lambda _, checkout: (checkout.root / ".git" / path).unlink()


def commit_there(agent: Agent, checkout: Checkout) -> None:
    checkout.write("top.txt", "by an agent")
    agent.git_there("commit", "-qam", "by an agent")


def in_the_git_directory(agent: Agent, checkout: Checkout) -> None:
    place = checkout.root / ".git"
    agent.git("update-ref", "refs/heads/side", "main", directory=place, PWD=str(place))


def by_a_link(agent: Agent, checkout: Checkout) -> None:
    (agent.slot.directory / "link").symlink_to(checkout.root)
    agent.git("-C", str(agent.slot.directory / "link"), "branch", "-f", "side", "main")


def by_a_push(agent: Agent, checkout: Checkout) -> None:
    agent.git("commit", "--allow-empty", "-qm", "pushed")
    agent.git("push", "-qf", str(checkout.root), "HEAD:refs/heads/side")


def by_hand(checkout: Checkout, branch: str, target: str) -> None:
    commit = checkout.git("rev-parse", target)
    (checkout.root / ".git/refs/heads" / branch).write_text(f"{commit}\n")


def older_packed_value(agent: Agent, checkout: Checkout) -> None:
    """Take away what lies over an older line in packed-refs."""
    (checkout.root / ".git/refs/heads/side").unlink()
    (checkout.root / ".git/packed-refs").write_text(f"{checkout.git('rev-parse', 'old')} refs/heads/side\n")


INTRUSIONS: dict[str, tuple[str, str, Act]] = {
    "update-ref": ("the branch 'side'", "moved", there("update-ref", "refs/heads/side", "main")),
    "branch -f": ("the branch 'side'", "moved", there("branch", "-f", "side", "main")),
    "branch -D": ("the branch 'side'", "deleted", there("branch", "-D", "side")),
    "branch": ("the branch 'new'", "created", there("branch", "new", "main")),
    "tag": ("the tag 'v2'", "created", there("tag", "v2", "main")),
    "tag -f": ("the tag 'v1'", "moved", there("tag", "-f", "v1", "main")),
    "tag -d": ("the tag 'v1'", "deleted", there("tag", "-d", "v1")),
    "commit": ("the branch 'main'", "moved", commit_there),
    "reset": ("the branch 'main'", "moved", there("reset", "-q", "--hard", "HEAD~1")),
    "stash drop": ("the stash", "moved", there("stash", "drop")),
    "stash clear": ("the stash", "deleted", there("stash", "clear")),
    "push": ("the branch 'side'", "moved", by_a_push),
    "push :": ("the branch 'side'", "deleted", lambda a, c: a.git("push", "-q", str(c.root), ":side")),
    "GIT_DIR": (
        "the branch 'side'",
        "moved",
        lambda a, c: a.git("update-ref", "refs/heads/side", "main", GIT_DIR=str(c.root / ".git")),
    ),
    "--git-dir": (
        "the branch 'side'",
        "moved",
        lambda a, c: a.git(f"--git-dir={c.root}/.git", "update-ref", "refs/heads/side", "main"),
    ),
    "in the git directory": ("the branch 'side'", "moved", in_the_git_directory),
    "by a link": ("the branch 'side'", "moved", by_a_link),
    "symbolic-ref": ("HEAD", "changed", there("symbolic-ref", "HEAD", "refs/heads/side")),
    "checkout": ("HEAD", "changed", there("checkout", "-q", "side")),
    "checkout --detach": ("HEAD", "changed", there("checkout", "-q", "--detach", "side")),
    "config": ("the setting 'core.hookspath'", "changed", there("config", "core.hooksPath", "/evil")),
    "config of everyday": ("the setting 'branch.main.remote'", "changed", there("config", "branch.main.remote", "x")),
    "config --file": (
        "the setting 'user.name'",
        "changed",
        lambda a, c: a.git("config", "--file", f"{c.root}/.git/config", "user.name", "Eve"),
    ),
    "a hook is new": ("the hook 'pre-commit'", "created", raw("hooks/pre-commit", "#!/bin/sh\n")),
    "a hook is changed": ("the hook 'pre-push'", "changed", raw("hooks/pre-push", "#!/bin/sh\nevil\n")),
    "a hook is deleted": ("the hook 'pre-push'", "deleted", remove("hooks/pre-push")),
    "a hook cannot run": ("the hook 'pre-push'", "changed", lambda _, c: (c.root / ".git/hooks/pre-push").chmod(0o644)),
    "exclude": ("the file 'info/exclude'", "changed", raw("info/exclude", "*\n")),
    "attributes": ("the file 'info/attributes'", "created", raw("info/attributes", "* filter=x\n")),
    "alternates": ("the file 'objects/info/alternates'", "created", raw("objects/info/alternates", "/evil\n")),
    "raw configuration": ("the setting 'core.hookspath'", "changed", append("config", "[core]\n\thooksPath = /evil\n")),
    "torn configuration": ("the configuration file 'config'", "changed", raw("config", "[core\n")),
    "no configuration": ("the configuration file 'config'", "deleted", remove("config")),
    "raw branch": ("the branch 'side'", "moved", lambda _, c: by_hand(c, "side", "main")),
    "raw branch of garbage": ("the branch 'side'", "deleted", raw("refs/heads/side", "garbage")),
    "raw branch of no object": ("the branch 'side'", "moved", raw("refs/heads/side", "1234567890" * 4 + "\n")),
    "an older packed value": ("the branch 'side'", "moved", older_packed_value),
    "raw deletion": ("the branch 'side'", "deleted", remove("refs/heads/side")),
    "raw symbolic ref": ("the branch 'side'", "moved", raw("refs/heads/side", "ref: refs/heads/main\n")),
    "raw tag of garbage": ("the tag 'v1'", "deleted", raw("refs/tags/v1", "garbage")),
    "raw HEAD": ("HEAD", "changed", raw("HEAD", "ref: refs/heads/side\n")),
    "raw HEAD of garbage": ("HEAD", "changed", raw("HEAD", "garbage\n")),
    "no HEAD": ("HEAD", "changed", remove("HEAD")),
}


@pytest.mark.parametrize(("what", "how", "act"), INTRUSIONS.values(), ids=INTRUSIONS)
def test_what_an_agent_does_is_put_back_and_reported(
    guard: Guard, agent: Agent, checkout: Checkout, what: str, how: str, act: Act
) -> None:
    before = users(checkout)
    act(agent, checkout)

    found = guard.check()

    assert users(checkout) == before
    assert [(intrusion.what, intrusion.how, intrusion.restored) for intrusion in found] == [(what, how, True)]
    assert guard.check() == []


def test_the_value_that_a_branch_was_moved_to_is_kept(guard: Guard, agent: Agent, checkout: Checkout) -> None:
    commit_there(agent, checkout)
    foreign = checkout.git("rev-parse", "main")

    [intrusion] = guard.check()

    assert intrusion.kept.startswith(KEEP)
    assert kept(checkout, intrusion) == foreign
    assert str(intrusion) == (
        "the branch 'main' was moved by an agent or a test: it was put back; "
        f"the foreign version is kept as {intrusion.kept}"
    )


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("refs/heads/side", "garbage"),
        ("refs/heads/side", "1234567890" * 4 + "\n"),
        ("refs/heads/side", "ref: refs/heads/none\n"),
        ("HEAD", "ref: refs/heads/side\n"),
        ("config", "[user]\n\tname = Eve\n"),
        ("hooks/pre-push", "#!/bin/sh\nevil\n"),
        ("info/exclude", "*\n"),
    ],
)
def test_what_stood_in_a_file_is_kept(guard: Guard, checkout: Checkout, path: str, content: str) -> None:
    (checkout.root / ".git" / path).write_text(content)

    [intrusion] = guard.check()

    assert kept(checkout, intrusion) == content


def test_a_branch_that_goes_back_raw_to_a_value_that_it_had_is_put_back(
    guard: Guard, checkout: Checkout, history: list[str]
) -> None:
    (checkout.root / ".git/refs/heads/main").write_text(history[-2] + "\n")

    [intrusion] = guard.check()

    assert checkout.git("rev-parse", "main") == history[-1]
    assert kept(checkout, intrusion) == history[-2]


def test_packed_refs_that_were_written_raw_are_put_back(guard: Guard, checkout: Checkout, history: list[str]) -> None:
    checkout.git("pack-refs", "--all")
    assert guard.check() == []
    packed = checkout.root / ".git/packed-refs"
    packed.write_text(packed.read_text().replace(f"{history[-1]} refs/heads/main", f"{history[0]} refs/heads/main"))

    found = guard.check()

    assert [intrusion.what for intrusion in found] == ["the branch 'main'"]
    assert checkout.git("rev-parse", "main") == history[-1]


def test_a_branch_that_an_agent_renamed_has_its_name_again(guard: Guard, agent: Agent, checkout: Checkout) -> None:
    before = users(checkout)
    agent.git_there("branch", "-m", "main", "trunk")

    found = guard.check()

    assert users(checkout) == before
    assert {intrusion.what for intrusion in found} >= {"HEAD", "the branch 'main'", "the branch 'trunk'"}


def test_a_directory_in_the_place_of_a_branch_gives_way(guard: Guard, agent: Agent, checkout: Checkout) -> None:
    before = users(checkout)
    agent.git_there("branch", "-D", "side")
    agent.git_there("branch", "side/deep", "main")

    guard.check()

    assert users(checkout) == before


def test_a_link_in_the_place_of_the_hooks_is_not_followed(guard: Guard, checkout: Checkout, tmp_path: Path) -> None:
    before = users(checkout)
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.rmtree(checkout.root / ".git/hooks")
    (checkout.root / ".git/hooks").symlink_to(outside)

    guard.check()

    assert users(checkout) == before
    assert list(outside.iterdir()) == []


def test_hooks_behind_a_link_in_the_place_of_the_hooks_are_not_the_users(
    guard: Guard, checkout: Checkout, tmp_path: Path
) -> None:
    before = users(checkout)
    (checkout.root / ".git/hooks").rename(tmp_path / "users-hooks")
    evil = tmp_path / "evil"
    evil.mkdir()
    (evil / "pre-push").write_text("#!/bin/sh\nevil\n")
    (checkout.root / ".git/hooks").symlink_to(evil)

    found = guard.check()

    assert all(intrusion.restored for intrusion in found)
    assert users(checkout) == before
    assert (evil / "pre-push").read_text() == "#!/bin/sh\nevil\n"


def test_a_large_hook_of_the_user_that_is_changed_is_reported_and_stays(
    repository: Repository, checkout: Checkout, tmp_path: Path
) -> None:
    hook = checkout.write(".git/hooks/large", b"x" * 3_000_000)
    guard = Guard(repository, own=OWN, aside=tmp_path / "aside", keep=KEEP)
    hook.write_bytes(b"y" * 3_000_000)

    [intrusion] = guard.check()

    assert not intrusion.restored
    assert hook.read_bytes() == b"y" * 3_000_000


@pytest.mark.parametrize("path", ["config", "hooks/pre-push", "refs/heads/side", "HEAD", "info/exclude"])
def test_a_link_in_the_place_of_a_file_is_not_followed(
    guard: Guard, checkout: Checkout, tmp_path: Path, path: str
) -> None:
    before = users(checkout)
    outside = tmp_path / "outside"
    outside.write_text("outside\n")
    place = checkout.root / ".git" / path
    place.unlink()
    place.symlink_to(outside)

    [intrusion] = guard.check()

    assert intrusion.restored
    assert users(checkout) == before
    assert outside.read_text() == "outside\n"


@pytest.mark.parametrize("path", ["config", "hooks/pre-push", "HEAD", "info/exclude"])
def test_a_directory_in_the_place_of_a_file_gives_way(guard: Guard, checkout: Checkout, path: str) -> None:
    before = users(checkout)
    place = checkout.root / ".git" / path
    place.unlink()
    (place / "inside").mkdir(parents=True)

    assert guard.check()

    assert users(checkout) == before


def test_a_hook_too_large_to_remember_is_taken_away(guard: Guard, checkout: Checkout) -> None:
    before = users(checkout)
    checkout.write(".git/hooks/large", b"x" * 3_000_000)

    [intrusion] = guard.check()

    assert users(checkout) == before
    assert Path(intrusion.kept).stat().st_size == 3_000_000


def test_a_lock_that_an_agent_left_does_not_keep_the_configuration_from_being_put_back(
    guard: Guard, checkout: Checkout
) -> None:
    before = users(checkout)
    checkout.write(".git/config", "[user]\n\tname = Eve\n")
    checkout.write(".git/config.lock", "")

    [intrusion] = guard.check()

    (checkout.root / ".git/config.lock").unlink()
    assert intrusion.restored
    assert users(checkout) == before


def changing(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """Have an agent change the configuration again so many times, each time just before it is put back."""
    put_back, left = intrusions.put_back, iter(range(times))

    def put_back_late(*arguments: Any, **more: Any) -> bool:
        for number in itertools.islice(left, 1):
            checkout.git("config", "user.name", f"Eve {number}")
        return put_back(*arguments, **more)

    monkeypatch.setattr(intrusions, "put_back", put_back_late)


@pytest.mark.parametrize("times", [1, 3])
def test_a_configuration_that_an_agent_changes_again_meanwhile_is_put_back(
    guard: Guard, agent: Agent, checkout: Checkout, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    before = users(checkout)
    agent.git_there("config", "core.hooksPath", "/evil")
    changing(checkout, monkeypatch, times=times)

    [intrusion] = guard.check()

    assert intrusion.restored
    assert users(checkout) == before


def test_a_configuration_that_could_not_be_put_back_for_being_changed_is_put_back_later(
    guard: Guard, agent: Agent, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = users(checkout)
    agent.git_there("config", "core.hooksPath", "/evil")
    changing(checkout, monkeypatch, times=5)

    assert [intrusion.restored for intrusion in guard.check()] == [False]
    assert [intrusion.restored for intrusion in guard.check()] == [True]
    assert users(checkout) == before


def test_head_is_put_back_also_if_its_reflog_is_written_while_it_is_looked_at(
    guard: Guard, agent: Agent, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = users(checkout)
    agent.git_there("symbolic-ref", "HEAD", "refs/heads/side")
    processes = guard._traces.processes

    def processes_while_the_log_is_written() -> list[Process]:
        time.sleep(0.2)
        (checkout.root / ".git/logs/HEAD").touch()
        return processes()

    monkeypatch.setattr(guard._traces, "processes", processes_while_the_log_is_written)

    [intrusion] = guard.check()

    assert intrusion.restored
    assert users(checkout) == before


def test_a_branch_that_is_locked_is_reported_as_it_stands(guard: Guard, agent: Agent, checkout: Checkout) -> None:
    agent.git_there("branch", "-f", "side", "main")
    checkout.write(".git/refs/heads/side.lock", "")

    [intrusion] = guard.check()

    assert not intrusion.restored
    assert str(intrusion).startswith("the branch 'side' was moved by an agent or a test: it was left as it is now;")


def test_head_of_a_linked_worktree_is_put_back(guard: Guard, agent: Agent, checkout: Checkout, tmp_path: Path) -> None:
    checkout.git("worktree", "add", "-q", str(tmp_path / "linked"), "side")
    assert guard.check() == []
    agent.git("-C", str(tmp_path / "linked"), "symbolic-ref", "HEAD", "refs/heads/old")

    [intrusion] = guard.check()

    assert intrusion.what == "HEAD of the worktree 'linked'"
    assert git(tmp_path / "linked", "symbolic-ref", "HEAD") == "refs/heads/side"


def test_what_an_agent_does_to_refs_of_ours_is_not_minded(guard: Guard, agent: Agent) -> None:
    agent.git_there("update-ref", "refs/heads/director/job-1", "main")
    agent.git_there("update-ref", "refs/director/x", "main")

    assert guard.check() == []


def test_garbage_in_the_directory_of_traces_is_ignored(guard: Guard, agent: Agent, checkout: Checkout) -> None:
    traces = Path(guard.trace_environment()["GIT_TRACE2_EVENT"])
    pid = f"P{os.getpid():08x}"
    (traces / "text").write_text('no json\n{}\n[]\n{"event": 3}\n')
    (traces / f"deep-{pid}").write_text("[" * 60_000)
    (traces / f"large-{pid}").write_bytes(b'{"event":"version"}\n' + b"\0" * 20_000_000)
    (traces / f"odd-{pid}").write_text(
        '{"event":"version","time":7,"sid":["/"]}\n{"event":"start","argv":"x"}\n'
        '{"event":"version","time":"2026-11-23T22:42:45.864245Z"}\n{"event":"def_repo","worktree":"\\u0000"}\n'
        '{"event":"cmd_name","hierarchy":"receive-pack"}\n'
    )
    os.mkfifo(traces / "pipe")
    (traces / "link").symlink_to("/dev/zero")
    (traces / "directory" / "deep").mkdir(parents=True)
    commit_there(agent, checkout)

    found = guard.check()

    assert [intrusion.what for intrusion in found] == ["the branch 'main'"]
    assert not (traces / "text").exists()
    assert not (traces / "directory").exists()


@pytest.mark.parametrize("instead", ["nothing", "file", "link"])
def test_the_directory_of_traces_is_made_again(
    guard: Guard, agent: Agent, checkout: Checkout, tmp_path: Path, instead: str
) -> None:
    traces = Path(guard.trace_environment()["GIT_TRACE2_EVENT"])
    shutil.rmtree(traces)
    if instead == "file":
        traces.write_text("")
    elif instead == "link":
        traces.symlink_to(tmp_path)
    guard.check()
    commit_there(agent, checkout)

    assert [intrusion.what for intrusion in guard.check()] == ["the branch 'main'"]


def test_traces_of_commands_that_ended_go_and_of_those_that_run_stay(
    guard: Guard, agent: Agent, checkout: Checkout
) -> None:
    traces = Path(guard.trace_environment()["GIT_TRACE2_EVENT"])
    agent.git("status")
    assert len(list(traces.iterdir())) == 1
    running = traces / f"20261123T224245.864245Z-Hlocalhost-P{os.getpid():08x}"
    running.write_text('{"event":"version","time":"2026-11-23T22:42:45.864245Z","evt":"3"}\n')

    guard.check()

    assert list(traces.iterdir()) == [running]


def test_a_check_of_a_repository_that_did_not_change_starts_no_process(
    guard: Guard, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    time.sleep(0.1)
    guard.check()
    agent.git("status")
    monkeypatch.setenv("PATH", "/nowhere")

    assert guard.check() == []
