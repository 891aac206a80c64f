"""Fill worktrees with what a build needs besides the commit: included files, shared caches, what the set-up makes."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from director.artifacts.directory import JobDirectory
from director.core.config.settings import Worktree
from director.core.digests import digest
from director.core.errors import ConfigError, SetupFailed
from director.core.words import listed, quoted
from director.git import included
from director.git.included import NAME, Included, take_included
from director.git.provision import Order
from director.git.removal import remove_tree
from director.git.repository import Repository
from director.git.slots import Slot
from director.git.stock import Stock
from director.shell.processes import Ended, Finished

if TYPE_CHECKING:
    from director.job.job import Job

_LAST_LINES = 15
_LAST_BYTES = 4096


class RunCommand(Protocol):
    """Runs a shell command that is not trusted."""

    def __call__(self, command: str, *, directory: Path, output: Path, seconds: float) -> Finished:
        """Run it to its end."""


def provider_of(job: "Job") -> "WorktreeProvider | None":
    """Return what fills the worktrees of a job; None where nobody asks for anything."""
    options, root = job.config.worktree, job.checkout or job.repository.root
    if not (options.setup or options.link or included.is_there(root)):
        return None
    return WorktreeProvider(
        job.repository,
        options,
        base=job.identity.base,
        checkout=root,
        cache=job.cache,
        directory=job.directory,
        note=job.note,
        run=job.run_command,
    )


class WorktreeProvider:
    """Knows for each commit what worktrees are to hold, and makes it in one.

    A worktree is set up at the last commit that changed an input of the set-up, or at the job's base, and only then
    made equal to the commit that is wanted. So the set-up runs no code of a commit that has not landed, unless that
    changes an input; and what it makes then is used for no other commit.
    """

    def __init__(
        self,
        repository: Repository,
        options: Worktree,
        *,
        base: str,
        checkout: Path,
        cache: Path,
        directory: JobDirectory,
        note: Callable[..., None],
        run: RunCommand,
    ) -> None:
        self._repository = repository
        self._options = options
        self._base = base
        self._checkout = checkout
        self._cache = cache
        self._directory = directory
        self._note = note
        self._run = run
        self._lock = threading.Lock()
        self._included: Included | None = None
        self._made_at: dict[str, str] = {}

    def order(self, commit: str, slot: str) -> Order:
        """Say what a slot is to hold for a commit. What the user's checkout holds is looked at once."""
        with self._lock:
            included = self._included = self._included or self._take_included()
            if commit not in self._made_at:
                self._made_at[commit] = self._last_change(commit)
            made_at = self._made_at[commit]
        options = self._options
        for path in options.link:
            _make_real(self._shared(slot), path)
        inputs = [options.setup, options.setup_inputs, made_at] if options.setup else []
        return Order(digest([included.digest, inputs, options.link]), made_at)

    def fill(self, slot: Slot, order: Order) -> None:
        """Make it in a slot that is equal to the order's commit. Raises SetupFailed."""
        if self._included:
            slot.give(self._included.stock)
        self._link(slot)
        if self._options.setup:
            self._set_up(slot, order, self._options.setup)
            self._link(slot)  # what installs packages may delete the directory that a link was in

    def _take_included(self) -> Included:
        stock = Stock(self._cache / "provided" / "included")
        taken = take_included(self._checkout, stock, besides=self._besides())
        for reason, names in taken.left_out.items():
            files = listed([quoted(name) for name in names])
            hint = f"have [worktree] setup make what a build needs of it, or take it off {NAME}"
            self._note(f"worktrees get no copy of {files}: {reason}", hint=hint)
        return taken

    def _besides(self) -> Path:
        """Return the job directory of the checkout, of whichever it is."""
        own = self._directory.path
        return own if self._checkout == self._repository.root else self._checkout / own.name

    def _last_change(self, commit: str) -> str:
        inputs = self._options.setup_inputs
        found = self._repository.last_change(self._base, commit, inputs) if self._options.setup and inputs else None
        return found or self._base

    def _set_up(self, slot: Slot, order: Order, command: str) -> None:
        log = self._directory.logs("worktrees") / f"{slot.name}.txt"
        self._note(f"setting up the worktree {slot.name}: `{_first_line(command)}`")
        finished = self._run(command, directory=slot.tree, output=log, seconds=self._options.setup_timeout_secs)
        if not finished.succeeded:
            said = f"the worktree {slot.name} could not be set up: `{command}` {_how(finished)}"
            hint = f"mend [worktree] setup, or what it needs, and run the same command again; its output is in '{log}'"
            raise SetupFailed(f"{said}\n{_last_lines(log)}", commit=order.commit, hint=hint)
        if changed := slot.tracked_changes():
            files = listed([quoted(path) for path in changed])
            self._note(f"the set-up of {slot.name} changed {files}: that was undone, for it is tracked")

    def _link(self, slot: Slot) -> None:
        for path in self._options.link:
            if slot.holds(path):
                hint = "[worktree] link is for directories that git does not track: take it off"
                raise ConfigError(f"'{path}' cannot be linked: the commit has files there", hint=hint)
            place = slot.tree / path
            if any(above.is_symlink() for above in place.parents if above.is_relative_to(slot.tree)):
                raise ConfigError(
                    f"'{path}' cannot be linked: it lies behind a link", hint="take it off [worktree] link"
                )
            remove_tree(place)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(self._shared(slot.name) / path)

    def _shared(self, slot: str) -> Path:
        """Return where slots of one kind share their caches: what agents leave there, no gate sees."""
        return self._cache / "shared" / slot.rpartition("-")[0]


def _make_real(top: Path, path: str) -> None:
    """Make a directory below another one, and take away what leads elsewhere on the way to it."""
    top.mkdir(parents=True, exist_ok=True)
    for part in Path(path).parts:
        top /= part
        if top.is_symlink() or not top.is_dir():
            remove_tree(top)
            top.mkdir()


def _how(finished: Finished) -> str:
    match finished.ended:
        case Ended.EXITED:
            return f"exited with {finished.exit_code}"
        case Ended.FLOOD:
            return "was ended: it wrote too much"
        case _:
            return f"was ended after {finished.seconds:.0f} s"


def _first_line(command: str) -> str:
    first, _, more = command.strip().partition("\n")
    return f"{first} …" if more else first


def _last_lines(log: Path) -> str:
    if not log.is_file():
        return "[the command deleted its own output]"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LAST_BYTES), os.SEEK_SET)
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "\n".join(lines[-_LAST_LINES:])
