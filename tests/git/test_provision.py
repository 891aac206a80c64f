"""What a slot holds besides its commit is as it was given whenever the slot is lent, whatever happened to it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from director.core.digests import digest_text
from director.git import stock as stocks
from director.git.pool import Pool
from director.git.provision import Order
from director.git.repository import Repository
from director.git.slots import Slot
from tests.git.checkout import Checkout, git

GIVEN = {".env": "SECRET=1\n", "modules/a/index.js": "a\n", "modules/b.js": "b\n", "dir/made.txt": "made\n"}


class Scripted:
    """Fills slots with files, and says which."""

    def __init__(self, head: str) -> None:
        self.commit = head
        self.filled: list[str] = []
        self.more: Callable[[Slot], object] = lambda slot: None

    def order(self, commit: str, slot: str) -> Order:
        return Order(digest_text(self.commit), self.commit)

    def fill(self, slot: Slot, order: Order) -> None:
        self.filled.append(slot.name)
        for path, text in GIVEN.items():
            place = slot.tree / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        (slot.tree / "modules" / "link").symlink_to("b.js")
        (slot.tree / "modules" / "empty").mkdir()
        self.more(slot)


@pytest.fixture
def provider(head: str) -> Scripted:
    return Scripted(head)


@pytest.fixture
def pool(repository: Repository, tmp_path: Path, provider: Scripted) -> Pool:
    return Pool(repository, tmp_path / "pool", provider=provider)


def lend(pool: Pool, commit: str, use: Callable[[Slot], object] = lambda slot: None) -> dict[str, str]:
    """Lend a slot, look at what it holds besides the commit, and use it."""
    with pool.slot("agent", commit) as slot:
        found = standing(slot)
        use(slot)
        return found


def standing(slot: Slot) -> dict[str, str]:
    """Return what stands in a slot untracked: the contents of files, where links lead, and empty directories."""
    tracked = set(git(slot.tree, "ls-files").splitlines())
    found = {}
    for path in sorted(slot.tree.rglob("*")):
        name = str(path.relative_to(slot.tree))
        if name.split("/")[0] == ".git" or name in tracked:
            continue
        if path.is_symlink():
            found[name] = f"to {path.readlink()}"
        elif not path.is_dir():
            found[name] = path.read_text()
        elif not any(path.iterdir()):
            found[name] = "empty"
    return found


WHOLE = {**GIVEN, "modules/link": "to b.js", "modules/empty": "empty"}


def _rewrite(slot: Slot) -> None:
    place = slot.tree / ".env"
    status = place.stat()
    with place.open("r+") as file:
        file.write("EVIL")
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))


def _replace_directory(slot: Slot) -> None:
    (slot.tree / "modules").rename(slot.tree / "moved")
    (slot.tree / "modules").symlink_to("moved")


def _link_hard(slot: Slot) -> None:
    evil = slot.tree / "evil"
    evil.write_text("evil\n")
    (slot.tree / "modules" / "b.js").unlink()
    os.link(evil, slot.tree / "modules" / "b.js")


DAMAGES: dict[str, Callable[[Slot], object]] = {
    "nothing": lambda slot: None,
    "a file is rewritten with the same size and time": _rewrite,
    "a file is gone": lambda slot: (slot.tree / ".env").unlink(),
    "a directory is gone": lambda slot: shutil.rmtree(slot.tree / "modules"),
    "a directory became a link to itself": _replace_directory,
    "a file became a link": lambda slot: (
        (slot.tree / ".env").rename(slot.tree / "x"),
        (slot.tree / ".env").symlink_to("x"),
    ),
    "a file became a directory": lambda slot: ((slot.tree / ".env").unlink(), (slot.tree / ".env").mkdir()),
    "a file became a hard link": _link_hard,
    "a link leads elsewhere": lambda slot: (
        (slot.tree / "modules/link").unlink(),
        (slot.tree / "modules/link").symlink_to("a"),
    ),
    "a file is executable": lambda slot: (slot.tree / "modules/b.js").chmod(0o755),
    "files are new": lambda slot: [(slot.tree / path).write_text("x") for path in ("modules/x", "modules/empty/x")],
    "a pipe is new": lambda slot: os.mkfifo(slot.tree / "modules/pipe"),
    "a directory is closed": lambda slot: (slot.tree / "modules/a").chmod(0),
    "the empty directory is gone": lambda slot: (slot.tree / "modules/empty").rmdir(),
    "everything is gone": lambda slot: shutil.rmtree(slot.directory),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_was_given_is_put_back_without_another_set_up(
    pool: Pool, head: str, provider: Scripted, damage: Callable[[Slot], object]
) -> None:
    assert lend(pool, head, damage) == WHOLE

    assert lend(pool, head) == WHOLE
    assert lend(pool, head) == WHOLE
    assert provider.filled == ["agent-1"]


def test_files_that_are_as_they_were_given_are_not_written_again(pool: Pool, head: str) -> None:
    with pool.slot("agent", head) as slot:
        before = (slot.tree / "modules" / "b.js").stat()

    with pool.slot("agent", head) as slot:
        assert (slot.tree / "modules" / "b.js").stat() == before


@pytest.mark.parametrize("spoil", [lambda file: file.write_text("EVIL=1\n"), Path.unlink])
def test_where_the_stock_was_altered_too_the_slot_is_set_up_again(
    pool: Pool, head: str, provider: Scripted, spoil: Callable[[Path], object]
) -> None:
    lend(pool, head, lambda slot: ((slot.tree / ".env").unlink(), spoil(pool.directory / "provided/agent-1/.env")))

    assert lend(pool, head) == WHOLE
    assert provider.filled == ["agent-1", "agent-1"]


def test_what_there_was_no_room_to_keep_is_made_by_another_set_up(
    pool: Pool, head: str, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stocks, "ROOM_BYTES", 0)
    lend(pool, head)
    lend(pool, head)
    assert provider.filled == ["agent-1"]

    lend(pool, head, _rewrite)

    assert lend(pool, head) == WHOLE
    assert provider.filled == ["agent-1", "agent-1"]


def test_what_others_link_to_is_made_the_slots_own(pool: Pool, head: str, provider: Scripted, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text("cached\n")
    provider.more = lambda slot: os.link(cache, slot.tree / "linked")

    with pool.slot("agent", head) as slot:
        (slot.tree / "linked").open("r+").write("evil")

    assert cache.read_text() == "cached\n"
    assert lend(pool, head)["linked"] == "cached\n"


def test_another_order_is_another_set_up_from_a_clean_slot(
    checkout: Checkout, pool: Pool, head: str, provider: Scripted
) -> None:
    provider.more = lambda slot: (slot.tree / "old").write_text("old")
    lend(pool, head)
    provider.commit, provider.more = checkout.commit("other"), lambda slot: None

    assert lend(pool, head) == WHOLE
    assert provider.filled == ["agent-1", "agent-1"]


def test_it_is_set_up_at_the_commit_of_the_order(checkout: Checkout, pool: Pool, head: str, provider: Scripted) -> None:
    seen: list[str] = []
    provider.more = lambda slot: seen.append((slot.tree / "top.txt").read_text())
    later = checkout.commit(**{"top.txt": "later\n"})

    with pool.slot("agent", later) as slot:
        assert (slot.tree / "top.txt").read_text() == "later\n"
        assert git(slot.tree, "rev-parse", "HEAD") == later
    assert seen == ["top\n"]


def test_a_set_up_that_was_interrupted_is_done_again(pool: Pool, head: str, provider: Scripted) -> None:
    def interrupt(slot: Slot) -> None:
        (slot.tree / "half").write_text("half")
        raise KeyboardInterrupt

    provider.more = interrupt
    with pytest.raises(KeyboardInterrupt):
        lend(pool, head)
    provider.more = lambda slot: None

    assert lend(pool, head) == WHOLE


def test_slots_are_set_up_each_on_its_own(pool: Pool, head: str, provider: Scripted) -> None:
    with pool.slot("agent", head) as one, pool.slot("agent", head) as two, pool.slot("gate", head) as gate:
        (one.tree / ".env").write_text("EVIL\n")
        assert standing(two) == standing(gate) == WHOLE

    assert provider.filled == ["agent-1", "agent-2", "gate-1"]


def test_what_a_set_up_does_to_tracked_files_is_undone(pool: Pool, head: str, provider: Scripted) -> None:
    found: list[str] = []

    def meddle(slot: Slot) -> None:
        (slot.tree / "top.txt").write_text("changed\n")
        (slot.tree / "run.sh").unlink()
        (slot.tree / "dir" / "deep" / "other.txt").chmod(0o755)
        (slot.tree / ".git" / "config").write_text("[core]\n\thooksPath = hooks\n")
        found.extend(slot.tracked_changes())

    provider.more = meddle

    with pool.slot("agent", head) as slot:
        assert git(slot.tree, "diff", "HEAD", "--name-only") == ""
        assert "hooks" not in (slot.tree / ".git" / "config").read_text()
    assert found == ["dir/deep/other.txt", "run.sh", "top.txt"]


def test_what_a_commit_holds_goes_before_what_was_given(checkout: Checkout, pool: Pool, head: str) -> None:
    lend(pool, head)
    tracking = checkout.commit(**{".env": "tracked\n", "modules": "a file\n", "dir/made.txt/x": "below\n"})

    with pool.slot("agent", tracking) as slot:
        assert (slot.tree / ".env").read_text() == "tracked\n"
        assert (slot.tree / "modules").read_text() == "a file\n"
        assert slot.given([".env", "modules"]) == set()
        assert slot.changes() == []
    assert lend(pool, head) == WHOLE


def test_what_was_given_is_told_from_what_an_agent_made(pool: Pool, head: str) -> None:
    with pool.slot("agent", head) as slot:
        (slot.tree / "modules" / "b.js").write_text("changed\n")
        (slot.tree / "modules" / "own.js").write_text("own\n")

        given = slot.given(["modules/b.js", "modules/own.js", ".env", "top.txt"])

        assert given == {"modules/b.js", ".env"}
        assert slot.altered(given) == ["modules/b.js"]


def test_the_next_run_finds_slots_set_up(repository: Repository, pool: Pool, head: str, provider: Scripted) -> None:
    odd = os.fsdecode(b"\xffodd")
    provider.more = lambda slot: (slot.tree / odd).write_text("odd\n")
    lend(pool, head)
    pool.close()

    again = Pool(repository, pool.directory, provider=provider)
    lend(again, head, lambda slot: (slot.tree / odd).unlink())

    assert lend(again, head) == {**WHOLE, odd: "odd\n"}
    assert provider.filled == ["agent-1"]


def test_after_a_run_that_was_killed_only_the_names_are_believed(
    repository: Repository, pool: Pool, head: str, provider: Scripted
) -> None:
    lend(pool, head)

    again = Pool(repository, pool.directory, provider=provider)

    assert again.named("agent-1", head).given([".env", "top.txt"]) == {".env"}
    assert lend(again, head) == WHOLE
    assert provider.filled == ["agent-1", "agent-1"]


def test_what_an_agent_writes_into_the_records_is_not_believed(
    repository: Repository, pool: Pool, head: str, provider: Scripted
) -> None:
    lend(pool, head)
    record = pool.directory / "provided" / "agent-1.json"
    honest = record.read_text()
    record.write_text(honest.replace(".env", "evil"))
    shutil.copy(record, record.with_name("gate-1.json"))

    with pool.slot("gate", head) as gate:
        assert standing(gate) == WHOLE
    pool.close()

    assert provider.filled == ["agent-1", "gate-1"]
    assert record.read_text() == honest


@pytest.mark.parametrize("text", ["", "{}", "[1", '{"version": 2}'])
def test_a_record_that_is_spoiled_is_as_if_it_were_not_there(
    repository: Repository, pool: Pool, head: str, provider: Scripted, text: str
) -> None:
    lend(pool, head)
    pool.close()
    (pool.directory / "provided" / "agent-1.json").write_text(text)

    assert lend(Pool(repository, pool.directory, provider=provider), head) == WHOLE
    assert provider.filled == ["agent-1", "agent-1"]


def test_what_was_given_goes_when_nothing_is_to_be_given_any_more(
    repository: Repository, pool: Pool, head: str
) -> None:
    lend(pool, head)
    pool.close()

    assert lend(Pool(repository, pool.directory), head) == {}
    assert not (pool.directory / "provided").exists()
