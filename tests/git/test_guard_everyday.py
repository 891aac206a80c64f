"""What the user does with git meanwhile is left exactly alone, whatever agents do at the same time."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from director.git.guard.guard import Guard
from director.git.repository import Repository
from director.git.slots import Slot
from tests.git.checkout import Checkout, fingerprint, git
from tests.git.test_guard import KEEP, OWN, Agent, agent, guard, history, kept  # noqa: F401

Act = Callable[[Checkout], object]


def edit(checkout: Checkout, path: str = "top.txt", content: str = "by the user\n") -> None:
    checkout.write(path, content)


def commit(checkout: Checkout) -> None:
    edit(checkout)
    checkout.git("commit", "-qam", "by the user")


def amend(checkout: Checkout) -> None:
    edit(checkout)
    checkout.git("commit", "-qa", "--amend", "-m", "amended")


def stash(checkout: Checkout) -> None:
    edit(checkout)
    checkout.git("stash")


def pop(checkout: Checkout) -> None:
    checkout.git("stash", "pop")


def rebase(checkout: Checkout) -> None:
    checkout.git("switch", "-q", "side")
    edit(checkout, "side.txt")
    checkout.commit("aside")
    checkout.git("rebase", "-q", "main")


def stop_in_a_rebase(checkout: Checkout) -> None:
    checkout.git("switch", "-q", "side")
    checkout.commit("conflict", third="another\n")
    checkout.commit("later", fourth="4\n")
    subprocess.run(["git", "rebase", "-q", "main"], cwd=checkout.root, check=False, capture_output=True)
    assert (checkout.root / ".git/rebase-merge").is_dir()


def merge(checkout: Checkout) -> None:
    checkout.git("switch", "-q", "side")
    checkout.commit("aside", aside="aside\n")
    checkout.git("switch", "-q", "main")
    checkout.git("merge", "-q", "--no-edit", "side")


def remote(checkout: Checkout) -> Path:
    return checkout.root.parent / "remote.git"


def fetch(checkout: Checkout) -> None:
    other = checkout.root.parent / "other"
    git(checkout.root.parent, "clone", "-q", str(remote(checkout)), str(other))
    (other / "there.txt").write_text("there\n")
    git(other, "add", ".")
    git(other, "commit", "-qm", "there")
    git(other, "tag", "v9")
    git(other, "push", "-q", "--tags", "origin", "HEAD")
    git(other, "push", "-q", "origin", "HEAD:topic")
    checkout.git("fetch", "-q", "--tags")


def pull(checkout: Checkout) -> None:
    fetch(checkout)
    checkout.git("pull", "-q", "--rebase", "origin", "main")


def push(checkout: Checkout) -> None:
    commit(checkout)
    checkout.git("switch", "-q", "-c", "topic")
    checkout.git("push", "-q", "-u", "origin", "topic")


def track(checkout: Checkout) -> None:
    fetch(checkout)
    checkout.git("switch", "-q", "-c", "topic", "origin/topic")


def run(*commands: str) -> Act:
    def act(checkout: Checkout) -> None:
        for command in commands:
            checkout.git(*command.split())

    return act


def bisect(checkout: Checkout) -> None:
    run("bisect start", "bisect bad main", "bisect good old")(checkout)


def many(checkout: Checkout) -> None:
    for number in range(5):
        checkout.commit(f"number {number}", number=f"{number}\n")
        checkout.git("switch", "-q", "-c", f"branch-{number}")


def submodule(checkout: Checkout) -> None:
    checkout.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(remote(checkout)), "module")
    checkout.git("commit", "-qm", "module")


EVERYDAY: dict[str, Act] = {
    "commit": commit,
    "amend": amend,
    "switch": run("switch -q side"),
    "switch -c": run("switch -q -c new"),
    "switch twice": run("switch -q side", "switch -q old"),
    "switch and back": run("switch -q side", "switch -q main"),
    "switch --detach": run("switch -q --detach old"),
    "checkout a commit": run("checkout -q main~1", "checkout -q main~2"),
    "checkout --orphan": run("checkout -q --orphan new"),
    "orphan and commit": run("checkout -q --orphan new", "commit -qm root"),
    "symbolic-ref": run("symbolic-ref HEAD refs/heads/side"),
    "branch": run("branch new old"),
    "branch -d": run("branch -d side"),
    "branch -D, packed": run("pack-refs --all", "branch -D side"),
    "branch -f": run("branch -f side old"),
    "branch -m": run("branch -m trunk"),
    "branch -m of another": run("branch -m side aside"),
    "update-ref": run("update-ref refs/heads/side old"),
    "reset": run("reset -q --hard HEAD~1"),
    "reset and back": run("reset -q --hard HEAD~1", "reset -q --hard ORIG_HEAD"),
    "rebase": rebase,
    "a rebase that stopped": stop_in_a_rebase,
    "merge": merge,
    "fast-forward": run("switch -q old", "merge -q main"),
    "cherry-pick": run("switch -q old", "cherry-pick main"),
    "revert": run("revert --no-edit HEAD"),
    "stash": stash,
    "stash pop": pop,
    "stash pop of all": run("stash pop", "reset -q --hard", "stash pop"),
    "stash drop of an older one": run("stash drop stash@{1}"),
    "stash clear": run("stash clear"),
    "stash branch": run("stash branch from-stash"),
    "tag": run("tag v3", "tag -a -m x v4"),
    "tag -f": run("tag -f v1 old"),
    "tag -d": run("tag -d v1"),
    "fetch": fetch,
    "fetch into a branch": lambda c: (fetch(c), c.git("fetch", "-q", "origin", "topic:local")),
    "pull": pull,
    "push -u": push,
    "switch to a remote's branch": track,
    "push --delete": lambda c: (push(c), c.git("push", "-q", "origin", "--delete", "topic")),
    "remote add": run("remote add another https://example.org/x.git", "remote set-branches --add another x"),
    "remote rename": run("remote rename origin upstream"),
    "remote remove": run("remote remove origin"),
    "remote set-head": run("remote set-head origin main"),
    "gc": run("gc -q"),
    "commit and gc": lambda c: (commit(c), c.git("gc", "-q", "--prune=now")),
    "reflog expire": lambda c: (commit(c), c.git("reflog", "expire", "--all", "--expire=now")),
    "pack-refs": run("pack-refs --all"),
    "commit and pack-refs": lambda c: (commit(c), c.git("pack-refs", "--all")),
    "worktree add": run("worktree add -q ../linked -b linked"),
    "worktree remove": run("worktree add -q ../linked side", "worktree remove ../linked"),
    "sparse-checkout": run("sparse-checkout set dir"),
    "maintenance": run("repack -adq", "commit-graph write", "prune"),
    "branch description": run("config branch.main.description text"),
    "notes": run("notes add -m note"),
    "bisect": bisect,
    "bisect and reset": lambda c: (bisect(c), c.git("bisect", "reset")),
    "submodule": submodule,
    "many commits and branches": many,
    "replace": run("replace HEAD HEAD~1"),
}

SOME = [
    "commit",
    "switch -c",
    "branch -d",
    "branch -f",
    "rebase",
    "a rebase that stopped",
    "stash",
    "stash pop",
    "tag -f",
]
SOME += ["pull", "push -u", "gc", "commit and pack-refs", "worktree add", "many commits and branches"]
ALL = [pytest.param(act, id=name, marks=() if name in SOME else pytest.mark.long) for name, act in EVERYDAY.items()]


@pytest.fixture
def origin(checkout: Checkout, history: list[str]) -> None:  # noqa: F811
    git(checkout.root.parent, "clone", "-q", "--bare", str(checkout.root), str(remote(checkout)))
    checkout.git("remote", "add", "origin", str(remote(checkout)))
    checkout.git("fetch", "-q")


@pytest.fixture
def watching(origin: None, repository: Repository, tmp_path: Path) -> Guard:
    return Guard(repository, own=OWN, aside=tmp_path / "aside", keep=KEEP)


@pytest.fixture
def other(watching: Guard, slot: Slot, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Agent:
    return Agent(slot, checkout.root, monkeypatch, watching)


def standing(checkout: Checkout) -> dict[str, str]:
    """Return everything that is in the user's repository, index and checkout, less what is ours."""
    return {
        path: content
        for path, content in fingerprint(checkout.root).items()
        if not path.startswith(".git/objects/") and "director" not in path
    }


@pytest.mark.parametrize("act", ALL)
def test_what_the_user_does_is_left_alone(watching: Guard, checkout: Checkout, act: Act) -> None:
    watching.check()
    act(checkout)
    before = standing(checkout)

    found = watching.check()

    assert found == []
    assert standing(checkout) == before


@pytest.mark.parametrize("act", [EVERYDAY[name] for name in SOME], ids=SOME)
def test_what_the_user_does_is_left_alone_when_an_agent_changes_something_else(
    watching: Guard, other: Agent, checkout: Checkout, act: Act
) -> None:
    head = checkout.git("rev-parse", "main")
    other.git_there("branch", "by-an-agent", head)
    time.sleep(0.05)
    act(checkout)
    time.sleep(0.05)
    other.git_there("tag", "also-by-an-agent", head)
    before = standing(checkout)

    found = watching.check()

    assert [intrusion.what for intrusion in found] == ["the branch 'by-an-agent'", "the tag 'also-by-an-agent'"]
    without = {path: content for path, content in before.items() if "by-an-agent" not in path}
    now = standing(checkout)
    assert {path for path in now if now.get(path) != without.get(path)} <= {".git/packed-refs"}
    assert without.keys() - now.keys() <= {".git/packed-refs"}


@pytest.fixture
def busy(other: Agent) -> Iterator[None]:
    """An agent that runs git in its slot all the time, and looks at the user's repository."""
    environment = {**os.environ, **other.guard.trace_environment()}
    script = (
        "while :; do git commit -q --allow-empty -m x; git branch -f main; git checkout -q --detach; git tag -f v1;"
        f" git stash -q; git config user.name x; git -C '{other.users}' log; git fetch '{other.users}' main; done"
    )
    process = subprocess.Popen(
        ["sh", "-c", script], cwd=other.slot.tree, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield
    process.kill()
    process.wait()


@pytest.mark.parametrize("act", [EVERYDAY[name] for name in SOME], ids=SOME)
def test_what_the_user_does_is_left_alone_while_an_agent_works_in_its_slot(
    watching: Guard, busy: None, checkout: Checkout, act: Act
) -> None:
    found = watching.check()
    act(checkout)
    before = standing(checkout)

    found += watching.check()

    assert found == []
    assert standing(checkout) == before


@pytest.mark.parametrize("act", [commit, amend, rebase, stash, many, push, pull], ids=lambda act: act.__name__)
def test_what_the_user_does_is_left_alone_while_checks_go_on(watching: Guard, checkout: Checkout, act: Act) -> None:
    found, ended = [], threading.Event()

    def check() -> None:
        while not ended.is_set():
            found.extend(watching.check())

    threads = [threading.Thread(target=check) for _ in range(2)]
    for thread in threads:
        thread.start()
    act(checkout)
    before = standing(checkout)
    ended.set()
    for thread in threads:
        thread.join()
    found.extend(watching.check())

    assert found == []
    assert standing(checkout) == before


def test_a_commit_of_the_user_on_top_of_an_agents_stays_and_is_reported(
    watching: Guard, other: Agent, checkout: Checkout
) -> None:
    other.git_there("commit", "--allow-empty", "-qm", "by an agent")
    time.sleep(0.05)
    commit(checkout)
    users = checkout.git("rev-parse", "main")

    [intrusion] = watching.check()

    assert checkout.git("rev-parse", "main") == users
    assert (intrusion.what, intrusion.restored) == ("the branch 'main'", False)
    assert kept(checkout, intrusion) == users
    assert watching.check() == []


def test_a_commit_of_an_agent_on_top_of_the_users_is_put_back_to_what_was_seen_and_kept(
    watching: Guard, other: Agent, checkout: Checkout
) -> None:
    commit(checkout)
    users = checkout.git("rev-parse", "main")
    time.sleep(0.05)
    other.git_there("commit", "--allow-empty", "-qm", "by an agent")

    [intrusion] = watching.check()

    assert intrusion.restored
    assert checkout.git("rev-parse", f"{intrusion.kept}~1") == users
    assert checkout.git("rev-parse", "main") == users


def test_a_branch_that_an_agent_moved_twice_is_put_back_to_what_the_user_made_of_it(
    watching: Guard, other: Agent, checkout: Checkout
) -> None:
    checkout.git("branch", "new", "old")
    time.sleep(0.05)
    other.git_there("branch", "-f", "new", "side")
    other.git_there("branch", "-f", "new", "main")

    [intrusion] = watching.check()

    assert (intrusion.what, intrusion.restored) == ("the branch 'new'", True)
    assert checkout.git("rev-parse", "new") == checkout.git("rev-parse", "old")


def test_head_goes_back_to_where_the_user_had_switched(watching: Guard, other: Agent, checkout: Checkout) -> None:
    checkout.git("switch", "-q", "side")
    time.sleep(0.05)
    other.git_there("checkout", "-q", "--detach", "old")

    [intrusion] = watching.check()

    assert (intrusion.what, intrusion.restored) == ("HEAD", True)
    assert checkout.git("symbolic-ref", "HEAD") == "refs/heads/side"


def test_a_raw_write_over_the_users_commit_gives_way_to_that_commit(watching: Guard, checkout: Checkout) -> None:
    commit(checkout)
    users = checkout.git("rev-parse", "main")
    (checkout.root / ".git/refs/heads/main").write_text(checkout.git("rev-parse", "old") + "\n")

    [intrusion] = watching.check()

    assert intrusion.restored
    assert checkout.git("rev-parse", "main") == users


def test_a_branch_that_the_user_switched_to_is_not_taken_away(
    watching: Guard, other: Agent, checkout: Checkout
) -> None:
    other.git_there("branch", "by-an-agent", "old")
    time.sleep(0.05)
    checkout.git("switch", "-q", "by-an-agent")

    [intrusion] = watching.check()

    assert (intrusion.what, intrusion.restored) == ("the branch 'by-an-agent'", False)
    assert checkout.git("symbolic-ref", "HEAD") == "refs/heads/by-an-agent"


def test_the_user_goes_on_after_an_agent_switched_the_checkout(
    watching: Guard, other: Agent, checkout: Checkout
) -> None:
    other.git_there("checkout", "-q", "side")
    time.sleep(0.05)
    commit(checkout)

    [intrusion] = watching.check()

    assert (intrusion.what, intrusion.restored) == ("HEAD", False)
    assert checkout.git("symbolic-ref", "HEAD") == "refs/heads/side"
