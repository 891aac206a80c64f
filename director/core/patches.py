"""Verified patches: what a node's work came to, kept under a digest of everything that it was made from.

A patch is believed by nobody. Its key says when it is worth a try; whether it lands is for the node's gate to say.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, ValidationError

from director.core.calls import CallRecord
from director.core.digests import digest
from director.core.model import Model
from director.core.plan.node import Node
from director.core.tiers import Tier
from director.core.words import listed, quoted

BACKEND = "cache"
"""Stands in a record in place of the backend where nobody was asked."""
KEY = r"^[0-9a-f]{64}$"
MAX_BYTES = 8 * 1024**2
"""The longest file that is taken for a patch."""
MAX_TEXT = 200
_FORM = 1
"""Counts the ways in which keys are made: patches of another version of director have other keys."""

Text = Annotated[str, Field(max_length=MAX_TEXT)]


class PatchedFile(Model):
    """A regular file as the work left it."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    mode: Literal["100644", "100755"] = "100644"
    """As git writes it."""
    content: bytes
    """In base64."""


class Patch(Model):
    """patches/KEY.json of the user's cache directory, and patch.json in a commit of `refs/director/cache/KEY`."""

    version: Literal[1] = 1
    key: str = Field(pattern=KEY)
    """Digest of the node's work, its locked tests, its files as they were, and what its dependencies gave."""
    files: dict[str, PatchedFile | None] = Field(min_length=1)
    """Every file that was changed, as it stood afterwards; null where it was deleted."""
    node: Text
    title: Text = ""
    job: Text
    """The job in which an agent did the work."""
    base: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    """The commit that this job started from: by it a repository knows its own."""
    place: Text
    """Digest of where that repository is: what was made in another one is not given away from here."""
    backend: Text
    model: Text
    """Whose attempt it was."""
    attempts: int = Field(default=1, ge=1)
    """Attempts of that ladder, the last included."""
    escalated: bool = False
    cost_usd: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """What the calls of that ladder cost, as far as it is known."""
    unpriced_calls: int = Field(default=0, ge=0)
    """Those of them whose cost is not known."""
    made: Text
    """When it landed there, UTC, ISO 8601."""

    @property
    def tier(self) -> Tier:
        """Whose attempt it was, as a record tells of one who was not asked again."""
        return Tier(backend=BACKEND, model=f"{self.backend}:{self.model}")


class Reuse(Model):
    """reuse.json in the logs of a node: where the patch came from that brought it onto the job branch."""

    version: Literal[1] = 1
    commit: str
    """The commit on the job branch."""
    key: str
    source: str
    """The remote that it came from; empty for the user's own cache."""
    node: str
    job: str
    tier: Tier
    made: str
    saved_usd: float
    unpriced_calls: int


class KeptPatch(Model):
    """A patch in the user's cache, without what is in it."""

    key: str
    bytes: int
    hits: int
    """How often it landed."""
    used: float
    """When it was made or landed last; seconds since the epoch."""


def patch_key(
    node: Node,
    *,
    tests: Mapping[str, str],
    files: Mapping[str, str | None],
    given: Mapping[str, Mapping[str, str | None]],
) -> str:
    """Return the key of what a node's work comes to; neither its name nor its title matters, nor those of others.

    `tests` are the locked blobs, `files` the blobs of the allowlist before the work, `given` those that each dependency
    brought.
    """
    brought = sorted(map(digest, given.values()))
    return digest(["patch", _FORM, node.work_digest(), dict(tests), dict(files), brought])


def read_patch(data: bytes, key: str) -> Patch | None:
    """Read what is kept under a key; None if it is no patch, or another one's."""
    try:
        patch = Patch.model_validate_json(data) if len(data) <= MAX_BYTES else None
    except ValidationError:
        return None
    return patch if patch and patch.key == key else None


def patch_problem(patch: Patch, *, allowed: Sequence[str], tests: Sequence[str]) -> str | None:
    """Say why a patch cannot be what a node's work came to; None if its gate may decide."""
    strange = [path for path in patch.files if path not in allowed or path in tests]
    return f"it changes what the node may not: {listed([quoted(path) for path in strange])}" if strange else None


def last_ladder(calls: Sequence[CallRecord]) -> list[CallRecord]:
    """Return the calls of a task's last ladder: its attempts are counted from 1."""
    ladder: list[CallRecord] = []
    for call in reversed(calls):
        if ladder and call.attempt > ladder[-1].attempt:
            break
        ladder.append(call)
    return ladder[::-1]


def to_prune(kept: Sequence[KeptPatch], *, max_bytes: int, since: float = 0.0) -> list[str]:
    """Return the keys of patches not used since a moment, and of the least recently used for which there is no room."""
    left, pruned = 0, []
    for patch in sorted(kept, key=lambda patch: patch.used, reverse=True):
        if patch.used < since or left + patch.bytes > max_bytes:
            pruned.append(patch.key)
        else:
            left += patch.bytes
    return pruned
