"""What is shared by a remote's refs: with the user's settings and logins, and without a trace in the repository."""

from pathlib import Path

import pytest

from director.core.errors import GitError
from director.git.remote import Remote
from director.git.repository import Repository
from director.git.sharing import PREFIX, Shared
from tests.git.checkout import Checkout, git

KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture(params=["sha1", "sha256"])
def object_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def checkout(tmp_path: Path, object_format: str) -> Checkout:
    """A repository with a remote."""
    made = Checkout.create(tmp_path / "repository", f"--object-format={object_format}")
    made.write("a.txt")
    made.commit("first")
    bare = tmp_path / 'remote: "x".git'
    git(tmp_path, "init", "--quiet", "--bare", f"--object-format={object_format}", str(bare))
    made.git("remote", "add", "origin", str(bare))
    return made


@pytest.fixture
def shared(checkout: Checkout) -> Shared:
    return shared_by(checkout)


def shared_by(checkout: Checkout, name: str = "origin") -> Shared:
    return Shared(Remote(Repository.open(checkout.root), name, "cache/test", seconds=20))


def push(shared: Shared, replace: bool = False, **files: bytes) -> list[str]:
    return shared.push(files, dict.fromkeys(files, "A title"), replace=replace)


def test_what_is_given_is_found_by_its_key_and_the_repository_keeps_no_ref(checkout: Checkout, shared: Shared) -> None:
    before = checkout.git("for-each-ref")

    assert shared.keys() == {}
    assert push(shared, **{KEY: b"one", OTHER: b"two"}) == [KEY, OTHER]
    known = shared.keys()

    assert set(known) == {KEY, OTHER}
    assert shared.fetch(KEY, known[KEY], limit=10) == b"one"
    assert checkout.git("for-each-ref") == before
    assert not (checkout.root / ".git" / "FETCH_HEAD").exists()


def test_what_is_there_stays_unless_it_is_to_be_replaced(shared: Shared) -> None:
    push(shared, **{KEY: b"one"})

    with pytest.raises(GitError):
        push(shared, **{KEY: b"two"})
    assert push(shared, **{KEY: b"two", OTHER: b"three"}) == [OTHER]
    assert shared.fetch(KEY, shared.keys()[KEY], limit=10) == b"one"
    assert push(shared, replace=True, **{KEY: b"two"}) == [KEY]
    assert shared.fetch(KEY, shared.keys()[KEY], limit=10) == b"two"


def test_what_is_too_long_or_no_file_is_nothing(checkout: Checkout, shared: Shared) -> None:
    push(shared, **{KEY: b"a long one"})
    checkout.git("push", "-q", "origin", f"HEAD:{PREFIX}{OTHER}", f"HEAD:{PREFIX}no-key")
    known = shared.keys()

    assert set(known) == {KEY, OTHER}
    assert shared.fetch(KEY, known[KEY], limit=3) is None
    assert shared.fetch(OTHER, known[OTHER], limit=100) is None


def test_a_remote_that_there_is_not_is_an_error_with_its_reason(checkout: Checkout) -> None:
    with pytest.raises(GitError) as caught:
        shared_by(checkout, "nowhere").keys()

    assert "nowhere" in caught.value.output


def test_the_users_settings_lead_to_the_remote_and_nothing_else_of_them_runs(
    checkout: Checkout, tmp_path: Path
) -> None:
    bare = checkout.git("remote", "get-url", "origin")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n")
    trap.chmod(0o755)
    hooks = checkout.root / ".git" / "hooks"
    for hook in ("pre-push", "reference-transaction", "post-checkout", "pre-auto-gc"):
        (hooks / hook).write_bytes(trap.read_bytes())
        (hooks / hook).chmod(0o755)
    checkout.git("config", "core.fsmonitor", str(trap))
    checkout.git("config", "remote.origin.url", "short:remote")
    checkout.git("config", f"url.{bare}.insteadOf", "short:remote")
    checkout.git("config", "remote.origin.fetch", "+refs/*:refs/*")
    shared = shared_by(checkout)

    push(shared, **{KEY: b"one"})

    assert shared.fetch(KEY, shared.keys()[KEY], limit=10) == b"one"
    assert not (tmp_path / "sprung").exists()


def test_a_remote_that_does_not_answer_is_left_after_its_time(checkout: Checkout, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    checkout.git("config", "remote.origin.uploadpack", str(slow))
    remote = Remote(Repository.open(checkout.root), "origin", "cache/test", seconds=1)

    with pytest.raises(GitError, match="ended after 1 s"):
        remote.refs(PREFIX)


def test_an_address_with_a_password_is_not_told(checkout: Checkout) -> None:
    checkout.git("config", "remote.origin.url", "https://ada:sesame-open@127.0.0.1:1/x.git")

    with pytest.raises(GitError) as caught:
        shared_by(checkout).keys()

    assert "sesame" not in str(caught.value)
