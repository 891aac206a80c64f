"""Worktrees get what a build needs: included files, a set-up, and shared caches."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from director.core.artifacts import Scope
from director.core.config.settings import Worktree
from director.core.errors import ConfigError, Rejected, SetupFailed
from director.core.events import Event, Note
from director.git import stock as stocks
from director.git.slots import Slot
from director.job.capture import capture
from director.job.job import Job
from director.job.work import working
from director.stages.testing import run_in_candidate, run_in_checkout
from tests.git.checkout import Checkout
from tests.job.jobs import make_job

COUNT = 'echo x >> "$HOME/count"; cp inputs.txt made.txt'


@dataclasses.dataclass
class Place:
    """A repository, and jobs in it."""

    checkout: Checkout
    job: Job
    told: list[Event]

    def with_worktree(self, **options: Any) -> Job:
        """Return the job as another run sees it, with other options."""
        config = self.job.config.model_copy(update={"worktree": Worktree.model_validate(options)})
        return dataclasses.replace(self.job, config=config, _pools={})

    def child(self, parent: str = "", **files: str) -> str:
        """Return a commit that differs from its parent, the job's base, in some files; no branch has it."""
        beside = self.checkout.root.with_name("beside")
        self.checkout.git("worktree", "add", "--quiet", "--detach", str(beside), parent or self.base)
        commit = Checkout(beside).commit(**files)
        self.checkout.git("worktree", "remove", str(beside))
        return commit

    @property
    def base(self) -> str:
        return self.job.identity.base

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.told if isinstance(event, Note)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A job on a repository with an input for a set-up."""
    told: list[Event] = []
    files = {"inputs.txt": "one\n", ".gitignore": ".env\nmade.txt\ncassette.yaml\n.director/\n"}
    job = make_job(tmp_path / "repository", files=files, told=told)
    return Place(Checkout(job.repository.root), job, told)


def set_ups(sealed: Path) -> int:
    count = sealed / "count"
    return len(count.read_text().splitlines()) if count.exists() else 0


def made(job: Job, commit: str, kind: str = "gate") -> str:
    with job.pool.slot(kind, commit) as slot:
        return (slot.tree / "made.txt").read_text().strip()


def test_without_any_request_nothing_is_kept(place: Place) -> None:
    with place.job.pool.slot("gate", place.base) as slot:
        assert sorted(path.name for path in slot.tree.iterdir()) == [
            ".git",
            ".gitignore",
            "README.md",
            "inputs.txt",
        ]
    assert not (place.job.cache / "provided").exists()


def test_included_files_are_in_every_worktree(place: Place) -> None:
    place.checkout.write(".env", "SECRET=1\n")
    place.checkout.write(".worktreeinclude", ".env\n")

    for kind in ("agent", "reader", "gate"):
        with place.job.pool.slot(kind, place.base) as slot:
            assert (slot.tree / ".env").read_text() == "SECRET=1\n"


def test_what_changes_in_the_checkout_meanwhile_counts_in_the_next_run(place: Place) -> None:
    place.checkout.write(".env", "one")
    place.checkout.write(".worktreeinclude", ".env\n")
    first = place.with_worktree()
    with first.pool.slot("gate", place.base):
        place.checkout.write(".env", "two")

    with first.pool.slot("gate", place.base) as slot, first.pool.slot("gate", place.base) as other:
        assert [(each.tree / ".env").read_text() for each in (slot, other)] == ["one", "one"]
    first.close_pool()
    with place.with_worktree().pool.slot("gate", place.base) as slot:
        assert (slot.tree / ".env").read_text() == "two"


def test_what_is_left_out_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stocks, "ROOM_BYTES", 1024**2)
    place.checkout.write(".env", "x" * (1024**2 + 1))
    place.checkout.write(".worktreeinclude", ".env\n")

    with place.job.pool.slot("gate", place.base):
        assert place.notes == ["worktrees get no copy of '.env': there is room for 1 MiB"]


def test_the_set_up_runs_once_in_each_worktree(place: Place, sealed: Path) -> None:
    job = place.with_worktree(setup=COUNT)

    assert [made(job, place.base, kind) for kind in ("gate", "agent", "gate", "agent")] == ["one"] * 4
    assert set_ups(sealed) == 2
    assert f"setting up the worktree gate-1: `{COUNT}`" in place.notes


def test_the_set_up_sees_included_files_and_no_secrets(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "hidden")
    place.checkout.write(".env", "SECRET=1\n")
    place.checkout.write(".worktreeinclude", ".env\n")

    assert made(place.with_worktree(setup='cat .env > made.txt; echo "$API_KEY" >> made.txt'), place.base) == "SECRET=1"


def test_it_is_run_again_when_a_commit_changes_an_input(place: Place, sealed: Path) -> None:
    job = place.with_worktree(setup=COUNT, setup_inputs=["inputs.*"])
    changed = place.child(**{"inputs.txt": "two\n"})
    after = place.child(changed, **{"other.txt": "x\n"})

    assert [made(job, commit) for commit in (place.base, changed, after, place.base)] == ["one", "two", "two", "one"]
    assert set_ups(sealed) == 3


def test_it_is_run_where_its_inputs_changed_last_and_not_with_the_code_of_a_candidate(place: Place) -> None:
    job = place.with_worktree(setup="cp code.txt made.txt 2>/dev/null || echo none > made.txt", setup_inputs=["in*"])
    candidate = place.child(**{"code.txt": "poison\n"})

    assert made(job, candidate) == "none"


def test_what_a_candidates_inputs_made_is_used_for_no_other_commit(place: Place) -> None:
    job = place.with_worktree(setup="cat inputs.txt code.txt > made.txt", setup_inputs=["inputs.txt"])
    poisoned = place.child(**{"inputs.txt": "two\n", "code.txt": "poison\n"})
    honest = place.child(**{"inputs.txt": "two\n", "code.txt": "fine\n"})

    assert made(job, poisoned) == "two\npoison"
    assert made(job, honest) == "two\nfine"


@pytest.mark.parametrize("options", [{"setup": f"{COUNT}; true"}, {"setup_inputs": ["inputs.txt"]}, {"link": ["c"]}])
def test_other_options_are_another_set_up(place: Place, sealed: Path, options: dict[str, Any]) -> None:
    first = place.with_worktree(setup=COUNT)
    made(first, place.base)
    first.close_pool()

    same = place.with_worktree(setup=COUNT, setup_timeout_secs=5)
    made(same, place.base)
    same.close_pool()
    assert set_ups(sealed) == 1

    made(place.with_worktree(**{"setup": COUNT, **options}), place.base)
    assert set_ups(sealed) == 2


def test_a_set_up_that_fails_is_told_with_its_last_lines_and_the_next_step(place: Place) -> None:
    job = place.with_worktree(setup="seq 100; echo no such package >&2; exit 3")

    with pytest.raises(SetupFailed) as failed:
        run_in_checkout(job, place.base, "true", output=job.directory.logs("x") / "out.txt")

    log = job.directory.logs("worktrees") / "gate-1.txt"
    numbers = "\n".join(map(str, range(87, 101)))
    assert str(failed.value) == (
        f"the worktree gate-1 could not be set up: `seq 100; echo no such package >&2; exit 3` exited with 3\n"
        f"{numbers}\nno such package\n"
        f"hint: mend [worktree] setup, or what it needs, and run the same command again; its output is in '{log}'"
    )
    assert failed.value.exit_code == 2
    assert log.read_text().endswith("no such package\n")


def test_a_set_up_that_takes_too_long_is_ended(place: Place) -> None:
    job = place.with_worktree(setup="sleep 30", setup_timeout_secs=0.1)

    with pytest.raises(SetupFailed, match=r"`sleep 30` was ended after \d s"):
        made(job, place.base)


def test_where_the_input_of_an_attempt_breaks_the_set_up_the_attempt_is_told(place: Place) -> None:
    job = place.with_worktree(setup="grep -v broken inputs.txt", setup_inputs=["inputs.txt"])
    broken = place.child(**{"inputs.txt": "broken\n"})
    output = job.directory.logs("x") / "out.txt"

    with pytest.raises(Rejected, match=r"`grep -v broken inputs\.txt` exited with 1"):
        run_in_candidate(job, broken, "true", output=output)
    with pytest.raises(SetupFailed):
        run_in_candidate(place.with_worktree(setup="false"), place.child(x="x"), "true", output=output)


def test_what_the_set_up_does_to_tracked_files_is_undone_and_told(place: Place) -> None:
    job = place.with_worktree(setup="echo two > inputs.txt; cp inputs.txt made.txt; rm README.md")

    with job.pool.slot("gate", place.base) as slot:
        assert (slot.tree / "inputs.txt").read_text() == "one\n"
        assert (slot.tree / "made.txt").read_text() == "two\n"
        assert (slot.tree / "README.md").exists()
    told = "the set-up of gate-1 changed 'README.md' and 'inputs.txt': that was undone, for it is tracked"
    assert told in place.notes


def _scope(place: Place, slot: Slot, *allowed: str) -> Scope:
    ref = place.job.identity.kept_ref("run:n", "1")
    return Scope(slot=slot.name, base=place.base, allowed=allowed, message="m", ref=ref)


def test_what_was_given_is_not_told_and_never_captured(place: Place) -> None:
    place.checkout.write(".env", "SECRET=1\n")
    place.checkout.write(".worktreeinclude", ".env\n")
    job = place.with_worktree(setup="mkdir gen; echo x > gen/a; echo x > loose.txt")

    with job.pool.slot("agent", place.base) as slot:
        (slot.tree / "own.txt").write_text("own\n")
        (slot.tree / "gen" / "a").write_text("changed\n")
        commit, notes = capture(job, slot, _scope(place, slot, "own.txt", ".env", "loose.txt"))

    assert notes == []
    assert job.repository.changed(place.base, commit) == ["own.txt"]


def test_what_was_given_is_not_captured_either_when_it_was_changed_and_may_be(place: Place) -> None:
    place.checkout.write(".env", "SECRET=1\n")
    place.checkout.write(".worktreeinclude", ".env\n")

    with place.job.pool.slot("agent", place.base) as slot:
        (slot.tree / ".env").write_text("SECRET=1\nMORE=2\n")
        commit, notes = capture(place.job, slot, _scope(place, slot, ".env"))

    assert notes == ["every worktree is given these, so they cannot land: '.env'"]
    assert job_changes(place, commit) == []


def job_changes(place: Place, commit: str) -> list[str]:
    return place.job.repository.changed(place.base, commit)


def test_an_agents_own_files_beside_what_was_made_are_told(place: Place) -> None:
    job = place.with_worktree(setup="mkdir gen; echo x > gen/a")

    with job.pool.slot("agent", place.base) as slot:
        (slot.tree / "gen" / "b").write_text("own\n")
        _, notes = capture(job, slot, _scope(place, slot))

    assert notes == ["changed outside what you may change: 'gen/b'"]


def test_caches_are_shared_by_worktrees_of_one_kind(place: Place) -> None:
    job = place.with_worktree(link=["modules/.cache"])

    with job.pool.slot("agent", place.base) as one, job.pool.slot("agent", place.base) as two:
        (one.tree / "modules" / ".cache" / "x").write_text("cached")
        assert (two.tree / "modules" / ".cache" / "x").read_text() == "cached"
        with job.pool.slot("gate", place.base) as gate:
            assert list((gate.tree / "modules" / ".cache").iterdir()) == []
        assert capture(job, one, _scope(place, one))[1] == []


def test_a_set_up_that_deletes_the_place_of_a_link_does_no_harm(place: Place) -> None:
    job = place.with_worktree(setup="rm -rf modules; mkdir -p modules/.cache/x", link=["modules/.cache"])

    with job.pool.slot("agent", place.base) as slot:
        assert (slot.tree / "modules" / ".cache").is_symlink()
        assert list((slot.tree / "modules" / ".cache").iterdir()) == []


def test_where_the_shared_place_was_led_elsewhere_it_is_made_anew(place: Place, tmp_path: Path) -> None:
    job = place.with_worktree(link=["a/cache"])
    with job.pool.slot("agent", place.base) as slot:
        shared = Path(os.path.realpath(slot.tree / "a" / "cache"))
        shared.rmdir()
        shared.symlink_to(tmp_path)

    with job.pool.slot("agent", place.base) as slot:
        assert os.path.realpath(slot.tree / "a" / "cache") == str(shared)
        assert shared.is_dir()


@pytest.mark.parametrize(
    ("link", "setup", "why"),
    [
        (["README.md"], "", "'README.md' cannot be linked: the commit has files there"),
        (["README.md/x"], "", "'README.md/x' cannot be linked: the commit has files there"),
        (["a", "a/b"], "", "'a/b' cannot be linked: it lies behind a link"),
        (["a/b"], "rm -r a; ln -s / a", "'a/b' cannot be linked: it lies behind a link"),
    ],
)
def test_what_cannot_be_linked_is_an_error(place: Place, link: list[str], setup: str, why: str) -> None:
    job = place.with_worktree(link=link, setup=setup)

    with pytest.raises(ConfigError, match=why), job.pool.slot("agent", place.base):
        pass


def test_a_run_that_ends_in_good_order_leaves_worktrees_set_up_for_the_next(place: Place, sealed: Path) -> None:
    for _ in range(2):
        job = place.with_worktree(setup=COUNT)
        with working(job):
            made(job, place.base)

    assert set_ups(sealed) == 1
