"""Which settings the user's everyday git commands write: those may change under us."""

import re
from collections.abc import Mapping

Settings = Mapping[str, tuple[str, ...]]


def parse(listing: bytes) -> dict[str, tuple[str, ...]]:
    """Return the settings that `git config --list -z` prints."""
    settings: dict[str, tuple[str, ...]] = {}
    for entry in filter(None, listing.decode(errors="surrogateescape").split("\0")):
        key, _, value = entry.partition("\n")
        settings[key] = (*settings.get(key, ()), value)
    return settings


def beyond_everyday(before: Settings, after: Settings) -> list[str]:
    """Return the keys whose change is not one that `switch`, `push -u`, `remote add`, `submodule` and such make."""
    changed = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    return [key for key in changed if not _is_everyday(key, before, after)]


def _is_everyday(key: str, before: Settings, after: Settings) -> bool:
    section, _, rest = key.partition(".")
    subsection, _, name = rest.rpartition(".")
    values = after.get(key, ())
    if section == "remote":
        return _is_everyday_of_remote(f"remote.{subsection}.", name, before, after)
    if section == "branch":
        return bool(subsection) and name != "mergeoptions"
    if section == "submodule" and name == "url":
        return not values or key not in before
    if key == "core.repositoryformatversion":
        return set(values) <= {"0", "1"}
    return bool(_HARMLESS.fullmatch(key))


_HARMLESS = re.compile(
    r"submodule\..*\.(active|branch)|lfs\.(repositoryformatversion|.*\.(access|locksverify))|index\.sparse"
    r"|maintenance\.(auto|strategy)|core\.sparsecheckout(cone)?|extensions\.(worktreeconfig|partialclone)",
    re.DOTALL,
)
_HARMLESS_OF_REMOTE = {"gh-resolved", "promisor", "partialclonefilter", "prune", "tagopt", "skipfetchall"}
_TRACKING = re.compile(r"\^.*|\+?[^:]+(:refs/(remotes|tags)/.*)?")


def _is_everyday_of_remote(prefix: str, name: str, before: Settings, after: Settings) -> bool:
    """A remote may come and go, but one that stays keeps its addresses, and none names a program."""
    values = after.get(f"{prefix}{name}", ())
    if not any(key.startswith(prefix) for key in after):
        return True
    if name == "fetch":
        return all(_TRACKING.fullmatch(value) for value in values)
    if name in ("url", "pushurl"):
        is_new = not any(key.startswith(prefix) for key in before)
        return is_new and not any(value.startswith(("ext::", "fd::", "-")) for value in values)
    return name in _HARMLESS_OF_REMOTE
