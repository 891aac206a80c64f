"""What an agent does to the files that its worktree was given, no other attempt and no gate sees."""

from pathlib import Path

from tests.faults.judging import problems
from tests.faults.lies_worktrees import GIVEN, INCLUDE, POISONED, WORKTREE
from tests.faults.plumbing import fingerprint, write
from tests.faults.trial import Trial


def test_what_is_done_to_given_files_is_seen_by_no_other(tmp_path: Path, sealed: Path) -> None:
    trial = Trial.create(tmp_path / "trial", POISONED, given=GIVEN)
    trial.configure(more=WORKTREE)
    write(trial.repository / ".worktreeinclude", INCLUDE)
    write(trial.repository / "user.log", GIVEN["user.log"])
    before = fingerprint(trial.repository)

    planned = trial.director("plan", "write the modules", "--auto", "--no-critique", "-n", "1", patience=300)
    ran = trial.director("run", "-n", "1", patience=300)

    assert problems(trial, before, ran.code, planned.said + ran.said) == {}
    assert (sealed / "cached").read_text() == "cached\n"
