"""The errors that director expects.

    DirectorError              printed without a traceback, with its hint
      ConfigError              the user's configuration or request
        SetupFailed            a worktree could not be set up for a commit
      PlanError                a plan that cannot be built: carries every problem
      ReplyError               an agent's answer that does not fit
      GitError                 git said no: carries argv, exit status and output
        TipMoved               a compare and swap lost: somebody else moved the ref
        MergeConflict          two trees that do not combine
      AgentError               an agent's call timed out, was refused or failed
      Rejected                 an attempt that does not pass: the message is what the next one is told
      StageFailed              a stage ended without its result: a node, a gate
      LimitReached             a limit of cost was reached
      JobLocked                another director holds the job
      Paused                   a person has to approve before the work goes on
      Postponed                work is not begun in this run
      Interrupted              director was asked to stop

Any other exception is a bug and keeps its traceback.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what `director --help` loads comes without pydantic
    from director.core.requests import FileRequest

_REFUSALS = (
    "No space left on device",
    "Out of diskspace",
    "Disk quota exceeded",
    "Read-only file system",
    "Permission denied",
    "unable to write file",
)
"""What git says where its surroundings, not itself, are at fault; of a worktree it does not say why."""


class ExitCode(IntEnum):
    """What the process says to its caller."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    BUG = 3
    WAITING = 4
    LIMIT = 5
    LOCKED = 6
    INTERRUPTED = 130


class DirectorError(Exception):
    """An expected error: what and where in `message`, the next step in `hint`."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class ConfigError(DirectorError):
    """The configuration or the request cannot be used."""


class SetupFailed(ConfigError):
    """The set-up of a worktree failed at a commit: the user's to mend, unless the commit is an agent's candidate."""

    def __init__(self, message: str, *, commit: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.commit = commit


class PlanError(DirectorError):
    """A plan that cannot be built; `problems` holds every one of them."""

    def __init__(self, message: str, *, problems: Sequence[str], hint: str = "") -> None:
        listing = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(message + listing, hint=hint)
        self.problems = tuple(problems)


class ReplyError(DirectorError):
    """An agent's reply that does not fit; the message goes back to the agent."""

    exit_code = ExitCode.FAILED


class GitError(DirectorError):
    """A git command that failed."""

    exit_code = ExitCode.FAILED

    def __init__(self, argv: Sequence[str], *, status: int, output: str, place: str = "", hint: str = "") -> None:
        is_refused = any(words in output for words in _REFUSALS)
        where = f" of '{place}'" if place else ""
        hint = hint or (f"see to the rights, to the mount and to the room on the disk{where}" if is_refused else "")
        super().__init__(f"git {' '.join(argv)} exited with {status}: {output.strip()[:2000]}", hint=hint)
        self.exit_code = ExitCode.USAGE if is_refused else ExitCode.FAILED
        self.argv = tuple(argv)
        self.status = status
        self.output = output


class TipMoved(DirectorError):
    """A ref was moved by somebody else between reading and writing it."""

    exit_code = ExitCode.FAILED


class MergeConflict(DirectorError):
    """Two trees that do not combine; `places` says where."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, places: Sequence[str], hint: str = "") -> None:
        super().__init__(f"{message}: {'; '.join(places)}", hint=hint)
        self.places = tuple(places)


class AgentError(DirectorError):
    """An agent's call failed, was refused or ran out of time."""

    exit_code = ExitCode.FAILED


class Rejected(DirectorError):
    """An attempt that does not pass; the message goes to the next attempt."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, tree_ref: str = "", requests: "Sequence[FileRequest]" = ()) -> None:
        super().__init__(message)
        self.tree_ref = tree_ref
        self.requests = tuple(requests)
        """Files without which the work cannot be done: no further attempt is made."""

    @property
    def summary(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


class StageFailed(DirectorError):
    """A stage ended without its result, after all that it may try."""

    exit_code = ExitCode.FAILED


class LimitReached(DirectorError):
    """A limit was reached; no new call is started."""

    exit_code = ExitCode.LIMIT


class JobLocked(DirectorError):
    """Another director holds the job."""

    exit_code = ExitCode.LOCKED


class Paused(DirectorError):
    """A person has to approve before the work goes on."""

    exit_code = ExitCode.WAITING


class Postponed(DirectorError):
    """Work that is not begun in this run."""

    exit_code = ExitCode.FAILED


class Interrupted(DirectorError):
    """director was asked to stop."""

    exit_code = ExitCode.INTERRUPTED
