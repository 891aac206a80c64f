"""Cassettes: what agents answered, to be played again in place of them."""

from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveInt, model_validator

from director.core.calls import CallKey, End, ToolEvent, Usage
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


RepositoryPath = Annotated[str, AfterValidator(_inside)]


class Entry(Model):
    """One call: which one, and what came of it."""

    role: Role
    task: str
    """The doit task on whose behalf the agent is asked, such as `spec` or `run:parser`."""
    attempt: PositiveInt | None = None
    """The attempt that this answers; without it, every attempt that has no entry of its own."""
    text: str = ""
    """The agent's last message."""
    files: dict[RepositoryPath, str | None] = Field(default_factory=dict)
    """Path to the content that the agent wrote; null where it deleted the file."""
    executable: tuple[RepositoryPath, ...] = ()
    """Those of `files` that are made executable."""
    usage: Usage = Usage()
    cost_usd: NonNegativeFloat | None = None
    """What the program reported to have cost; null where it did not say."""
    seconds: NonNegativeFloat = 0.0
    """How long the call takes."""
    events: tuple[ToolEvent, ...] = ()
    end: End = End.DONE
    detail: str = ""
    """Why the call did not end well."""
    retry_after: NonNegativeFloat | None = None
    """Seconds after which a rate-limited call may be repeated; null where the program did not say."""

    @model_validator(mode="after")
    def _executables_are_written(self) -> "Entry":
        for path in self.executable:
            if self.files.get(path) is None:
                raise ValueError(f"'{path}' is in 'executable' and has no content in 'files'")
        return self

    @property
    def label(self) -> str:
        """The key that it answers, as the key prints itself."""
        return f"{self.role} {self.task}" + (f" {self.attempt}" if self.attempt else "")


class Cassette(Model):
    """A cassette file."""

    version: Literal[1]
    calls: tuple[Entry, ...]

    @model_validator(mode="after")
    def _only_a_repeated_call_has_a_further_answer(self) -> "Cassette":
        last: dict[str, Entry] = {}
        for entry in self.calls:
            before = last.get(entry.label)
            if before and before.end is not End.RATE_LIMITED:
                raise ValueError(f"more than one entry of 'calls' answers '{entry.label}'")
            last[entry.label] = entry
        return self

    def entry(self, key: CallKey, *, turn: int = 0) -> Entry | None:
        """Return the answer to a call: the one to just this attempt before one to any.

        A call that is repeated, after a rate limit, gets the next answer at each turn; the last one stays.
        """
        answers = [entry for entry in self.calls if (entry.role, entry.task) == (key.role, key.task)]
        own = [entry for entry in answers if entry.attempt == key.attempt]
        found = own or [entry for entry in answers if entry.attempt is None]
        return found[min(turn, len(found) - 1)] if found else None

    def close_keys(self, key: CallKey) -> list[str]:
        """Return the keys most like one that has no answer, the closest first."""
        return get_close_matches(str(key), [entry.label for entry in self.calls], n=4)
