"""What people do with the user's cache of patches: look at it, and give what was made in a repository to a remote."""

from dataclasses import dataclass

from director.artifacts.patches import PatchStore
from director.core.patches import KeptPatch, Patch, read_patch
from director.core.printed import CacheContents, CachedPatch
from director.git.remote import Remote
from director.git.repository import Repository
from director.git.sharing import Shared
from director.job.patches import patch_store, place_of


@dataclass(frozen=True)
class Offer:
    """What came of giving patches to a remote."""

    given: int
    known: int
    """It had these already."""
    refused: int


def contents(*, max_mb: int) -> CacheContents:
    """Return what is kept; what is no patch is left out."""
    store = patch_store()
    kept = store.kept()
    patches = [_shown(entry, patch) for entry in kept if (patch := _read(store, entry.key))]
    return CacheContents(
        directory=str(store.directory),
        bytes=sum(entry.bytes for entry in kept),
        max_mb=max_mb,
        hits=sum(patch.hits for patch in patches),
        saved_usd=round(sum(patch.hits * patch.cost_usd for patch in patches), 6),
        patches=tuple(patches),
    )


def offer(repository: Repository, remote: Remote, *, replace: bool) -> Offer:
    """Give a remote the patches that were made in a repository. What it has stays, unless `replace`.

    Raises GitError if the remote cannot be asked or takes none of them.
    """
    own, shared = _made_in(repository), Shared(remote)
    known = {} if replace else shared.keys()
    wanted = {key: patch for key, patch in own.items() if key not in known}
    files = {key: patch.model_dump_json(indent=2).encode() for key, patch in wanted.items()}
    titles = {key: f"{patch.title or patch.node}\n\n{key}\n" for key, patch in wanted.items()}
    given = len(shared.push(files, titles, replace=replace)) if wanted else 0
    return Offer(given=given, known=len(own) - len(wanted), refused=len(wanted) - given)


def _made_in(repository: Repository) -> dict[str, Patch]:
    """Return the patches of jobs in this very repository, whose history their base is part of."""
    store, place = patch_store(), place_of(repository)
    read = [patch for entry in store.kept() if (patch := _read(store, entry.key)) and patch.place == place]
    is_known = {base: repository.tip(base) is not None for base in {patch.base for patch in read}}
    return {patch.key: patch for patch in read if is_known[patch.base]}


def _shown(kept: KeptPatch, patch: Patch) -> CachedPatch:
    own = {"node", "title", "job", "made", "cost_usd", "unpriced_calls"}
    here = kept.model_dump(include={"key", "hits", "used", "bytes"})
    return CachedPatch.model_validate(patch.model_dump(include=own) | here | {"tier": patch.tier.model})


def _read(store: PatchStore, key: str) -> Patch | None:
    data = store.read(key)
    return read_patch(data, key) if data else None
