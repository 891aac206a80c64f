"""Cassettes: what agents answered, to be played again in place of them."""

import base64
import binascii
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from director.core.attempts import Outcome
from director.core.calls import CallKey, End, ToolEvent, Usage
from director.core.config.settings import Config
from director.core.model import Model
from director.core.roles import Role
from director.core.words import quoted


def _inside(text: str) -> str:
    path = PurePosixPath(text)
    if text != str(path) or path.is_absolute() or text == "." or "\0" in text:
        raise ValueError(f"{quoted(text)} is not a plain path from the repository's root, such as 'src/parser.py'")
    if ".." in path.parts:
        raise ValueError(f"{quoted(text)} leads out of the repository")
    if is_git_own(path):
        raise ValueError(f"{quoted(text)} lies in git's own directory")
    return text


def is_git_own(path: PurePosixPath) -> bool:
    """Tell whether a path is a `.git` or lies in one; some file systems do not tell `.GIT` from `.git`."""
    return any(part.casefold() == ".git" for part in path.parts)


def _decodable(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("this is not base64") from error
    return text


RepositoryPath = Annotated[str, AfterValidator(_inside)]


class Binary(Model):
    """The content of a file that is not text."""

    base64: Annotated[str, AfterValidator(_decodable)]

    @property
    def data(self) -> bytes:
        """The bytes."""
        return base64.b64decode(self.base64)


class Link(Model):
    """A symbolic link in the place of a file."""

    link: Annotated[str, Field(min_length=1)]
    """Where it leads; nothing is ever written through it."""


Content = str | Binary | Link | None


class Prompt(Model):
    """The prompt that an entry answered, as it was recorded."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Digest of the prompt without what differs from run to run: places, times, ids."""
    text: str = ""
    """That prompt, secrets masked; empty where it was too long to be kept."""


class Entry(Model):
    """One call: which one, and what came of it."""

    role: Role
    task: str
    """The doit task on whose behalf the agent is asked, such as `spec` or `run:parser`."""
    attempt: PositiveInt | None = None
    """The attempt that this answers; without it, every attempt that has no entry of its own."""
    trial: PositiveInt | None = None
    """The trial of a bench that this answers; without it, every trial that has no entry of its own for the task."""
    end: End = End.DONE
    detail: str = ""
    """Why the call did not end well."""
    retry_after: NonNegativeFloat | None = None
    """Seconds after which a rate-limited call may be repeated; null where the program did not say."""
    usage: Usage = Usage()
    cost_usd: NonNegativeFloat | None = None
    """What the call cost; null where that is not known."""
    seconds: NonNegativeFloat = 0.0
    """How long the call takes when it is played."""
    took: NonNegativeFloat | None = None
    """How long the recorded call took; it is played at once."""
    events: tuple[ToolEvent, ...] = ()
    """The tools that the agent used, in order."""
    text: str = ""
    """The agent's last message."""
    files: dict[RepositoryPath, Content] = Field(default_factory=dict)
    """Path to the content that the agent wrote: text, `{base64: …}` or `{link: …}`; null where it deleted the file."""
    executable: tuple[RepositoryPath, ...] | None = None
    """Those of `files` that are executable, and no others of them; without it, each keeps the mode that it has."""
    masked: tuple[str, ...] = ()
    """Fields and files in which secrets were masked when this was recorded."""
    left_out: tuple[str, ...] = ()
    """Files that the agent wrote and that could not be recorded: too large, unreadable, git's own, binary secrets."""
    prompt: Prompt | None = None
    """What was asked, where this was recorded; without it, the entry answers whatever is asked."""
    id: str = Field(default="", pattern=r"^([0-9a-f]{32})?$")
    """Tells a recorded call from every other."""

    @model_validator(mode="after")
    def _executables_are_written(self) -> "Entry":
        for path in self.executable or ():
            if not isinstance(self.files.get(path), str | Binary):
                raise ValueError(f"{quoted(path)} is in 'executable' and has no content in 'files'")
        return self

    @model_validator(mode="after")
    def _nothing_lies_below_a_file(self) -> "Entry":
        for path in self.files:
            parents = map(str, PurePosixPath(path).parents)
            above = next((part for part in parents if self.files.get(part) is not None), None)
            if above and self.files[path] is not None:
                raise ValueError(f"{quoted(path)} lies below {quoted(above)}, which is no directory")
        return self

    @property
    def label(self) -> str:
        """The key that it answers, as the key prints itself."""
        attempt = f" {self.attempt}" if self.attempt else ""
        return f"{self.role} {self.task}{attempt}" + (f", trial {self.trial}" if self.trial else "")

    def is_executable(self, path: str) -> bool | None:
        """Tell whether a file is made executable; None where it keeps the mode that it has."""
        return None if self.executable is None else path in self.executable

    def is_of_another_prompt(self, digest: str) -> bool:
        """Tell whether it was recorded as the answer to something else."""
        return self.prompt is not None and self.prompt.sha256 != digest


class Origin(Model):
    """What a recorded job started from."""

    id: str
    """The job's id: a recording is of one job."""
    base: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    """The commit that it started from."""
    task: str
    """What was to be done."""
    config: Config
    """The configuration, without what it says of backends and prices."""


class TaskResult(Model):
    """What became of a task."""

    outcome: Outcome
    attempts: NonNegativeInt = 0
    """Attempts that were made, of all ladders."""
    role: Role | None = None
    """Whose attempt was the last."""

    def __str__(self) -> str:
        tries = f" in {self.attempts} attempt{'' if self.attempts == 1 else 's'}" if self.attempts else ""
        return f"{self.outcome}{tries}{f' by {self.role}' if self.role else ''}"


class Result(Model):
    """What became of a recorded job, as far as it was brought."""

    tasks: dict[str, TaskResult] = Field(default_factory=dict)
    tree: str = Field(default="", pattern=r"^([0-9a-f]{40,64})?$")
    """The tree of the job's branch."""
    calls: NonNegativeInt = 0
    """How many calls were answered; a recording that has fewer lacks some."""
    edited: dict[Literal["source.json", "recon.md", "spec.md", "plan.json"], str] = Field(default_factory=dict)
    """Documents that were given or edited by hand, as they stood."""


class Cassette(Model):
    """A cassette: one YAML document, or several that are read as one."""

    version: Literal[1]
    job: Origin | None = None
    """What the job started from, in a recording; in several documents the last one counts."""
    calls: tuple[Entry, ...] = ()
    """The answers, in the order in which they arrived; those of several documents are joined."""
    result: Result | None = None
    """What became of the job, in a recording; in several documents the last one counts."""

    @model_validator(mode="after")
    def _only_a_repeated_call_has_a_further_answer(self) -> "Cassette":
        last: dict[str, Entry] = {}
        for entry in (call for call in self.calls if call.prompt is None):
            before = last.get(entry.label)
            if before and before.end is not End.RATE_LIMITED:
                raise ValueError(f"more than one entry of 'calls' answers '{entry.label}'")
            last[entry.label] = entry
        return self

    def of_trial(self, trial: int | None) -> "Cassette":
        """Return what answers in a trial of a bench, or outside of one."""
        own = {(call.role, call.task) for call in self.calls if call.trial and call.trial == trial}
        kept = [call for call in self.calls if call.trial == (trial if (call.role, call.task) in own else None)]
        return self.model_copy(update={"calls": tuple(kept)})

    def entry(self, key: CallKey, digest: str = "", earlier: Sequence[str] = ()) -> Entry | None:
        """Return the answer to a call: the one to just this attempt before one to any.

        `digest` is of its prompt, and `earlier` are those of the calls with this key that were answered before: each
        of them had an entry, so that this is known without having seen them. The next entry for the very same prompt
        goes first, then the next one whatever its prompt; where all have had their turn, the last one stays.
        """
        answers = [entry for entry in self.calls if (entry.role, entry.task) == (key.role, key.task)]
        found = [entry for entry in answers if entry.attempt == key.attempt]
        found = found or [entry for entry in answers if entry.attempt is None]
        left, played = list(found), None
        for asked in (*earlier, digest):
            played = _next(found, left, asked)
            left = [entry for entry in left if entry is not played]
        return played

    def close_keys(self, key: CallKey) -> list[str]:
        """Return the keys most like one that has no answer, the closest first."""
        return get_close_matches(str(key), dict.fromkeys(entry.label for entry in self.calls), n=4)

    @property
    def answered(self) -> tuple[Entry, ...]:
        """The calls that were not turned away: how often a rate limit was met tells nothing of a job."""
        return tuple(entry for entry in self.calls if entry.end is not End.RATE_LIMITED)

    @property
    def cost_usd(self) -> float:
        """What all these calls cost, as far as that is known."""
        return round(sum(entry.cost_usd or 0.0 for entry in self.answered), 6)


def _next(found: Sequence[Entry], left: Sequence[Entry], digest: str) -> Entry | None:
    same = [entry for entry in found if entry.prompt and entry.prompt.sha256 == digest]
    candidates = same or found
    waiting = [entry for entry in candidates if any(entry is other for other in left)] or candidates[-1:]
    return waiting[0] if waiting else None
