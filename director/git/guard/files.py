"""Configuration, hooks and the like of the user's repository: what changed there, and putting it back."""

import os
import stat
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from director.git.guard import settings
from director.git.guard.evidence import Process
from director.git.guard.keeper import Keeper
from director.git.guard.traces import Traces
from director.git.guard.worktrees import linked_worktrees
from director.git.repository import Repository
from director.shell import contents
from director.shell.contents import Content
from director.shell.intrusions import Intrusion

_PLAIN = ("config", "config.worktree", "info/exclude", "info/attributes", "info/grafts", "objects/info/alternates")
_MAX_NAMED = 5
_MAX_HOOKS = 500
_ATTEMPTS = 5


class Files:
    """The files of a repository that git reads and the user's everyday commands do not write, as last seen.

    Of configuration files they write a part: a change of nothing else is taken as it is, unless it is an agent's.
    """

    def __init__(self, repository: Repository, keeper: Keeper, traces: Traces) -> None:
        self._repository = repository
        self._common_dir = repository.common_dir
        self._keeper = keeper
        self._traces = traces
        self.hooks = repository.common_dir / "hooks"
        pointer = repository.root / ".git"
        plain = [repository.common_dir / name for name in _PLAIN]
        self._fixed = [*plain, *([pointer] if pointer.is_file() else [])]
        self._seen = {path: contents.read(path) for path in self._paths()}

    def single(self) -> list[Path]:
        """Return every file that is watched but the hooks, whether it exists or not."""
        return [*self._fixed, *(worktree / "config.worktree" for worktree in linked_worktrees(self._common_dir))]

    def _paths(self) -> list[Path]:
        return [*self.single(), *_files_below(self.hooks)]

    def check(self) -> list[Intrusion]:
        """Put back every file that an agent changed since the last check."""
        before, self._seen = self._seen, {path: contents.read(path) for path in self._all_paths()}
        changed = [path for path, now in self._seen.items() if now != before.get(path) and self._is_minded(path)]
        evidence = self._traces.processes() if changed else []
        new_first = sorted(changed, key=lambda path: before.get(path) is not None)
        found = (self._judge(path, before.get(path), evidence) for path in new_first)
        return [intrusion for intrusion in found if intrusion]

    def _all_paths(self) -> list[Path]:
        return list(dict.fromkeys([*self._paths(), *self._seen]))

    def _is_minded(self, path: Path) -> bool:
        """Leave out the settings of a linked worktree that is gone."""
        linked = path.parent.parent == self._common_dir / "worktrees"
        return not linked or path.parent.is_dir()

    def _judge(self, path: Path, before: Content | None, evidence: Iterable[Process]) -> Intrusion | None:
        now = self._seen[path]
        if not path.name.startswith("config"):
            return self._undo(path, before, self._name(path))
        keys = self._foreign_settings(before, now)
        if keys is None:
            return self._undo(path, before, f"the configuration file '{self._relative(path)}'")
        if keys:
            return self._undo(path, before, _settings(keys))
        if any(process.configured(contents.changed_at(path)) for process in evidence):
            return self._undo(path, before, _settings(self._changed_settings(before, now)))
        return None

    def _foreign_settings(self, before: Content | None, now: Content | None) -> list[str] | None:
        """Return the settings that no everyday command changes, or None if the file is no longer what git writes."""
        old, new = self._parse(before), self._parse(now)
        if new is None or (now is None and before is not None) or (now and before and now.mode != before.mode):
            return None
        return settings.beyond_everyday(old or {}, new)

    def _changed_settings(self, before: Content | None, now: Content | None) -> list[str]:
        old, new = self._parse(before) or {}, self._parse(now) or {}
        return [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]

    def _parse(self, content: Content | None) -> dict[str, tuple[str, ...]] | None:
        """Return settings, or None for what git cannot read: also while the repository's own cannot be read."""
        if content is None:
            return {}
        if content.kind != stat.S_IFREG:
            return None
        command = ("config", "--file", "-", "--list", "-z")
        status, output, _ = self._repository.git.attempt(*command, stdin=content.data, is_patient=False)
        return settings.parse(output) if status == 0 else None

    def _undo(self, path: Path, before: Content | None, what: str) -> Intrusion:
        """Put a file back, also if it is changed again meanwhile: an agent may be in the middle of it."""
        top = self._repository.root if path == self._repository.root / ".git" else self._common_dir
        for _ in range(_ATTEMPTS):
            intrusion = self._keeper.aside.undo(path, what, before=before, now=self._seen[path], top=top)
            if intrusion.restored:
                self._seen[path] = before
                break
            found, self._seen[path] = self._seen[path], contents.read(path)
            if self._seen[path] == found:  # it cannot be put back
                break
        else:
            self._seen[path] = before
        return intrusion

    def _relative(self, path: Path) -> str:
        inside = path.is_relative_to(self._common_dir)
        return str(path.relative_to(self._common_dir if inside else self._repository.root))

    def _name(self, path: Path) -> str:
        name = self._relative(path)
        return f"the hook '{name.removeprefix('hooks/')}'" if name.startswith("hooks/") else f"the file '{name}'"


def _settings(keys: list[str]) -> str:
    named = ", ".join(f"'{os.fsencode(key).decode(errors='replace')}'" for key in keys[:_MAX_NAMED])
    more = f" and {len(keys) - _MAX_NAMED} more" if len(keys) > _MAX_NAMED else ""
    return f"the setting{'s' if len(keys) > 1 else ''} {named}{more}" if keys else "the configuration"


def _files_below(directory: Path) -> list[Path]:
    """Return every path below a directory that is no directory, no more than a few hundred; a link is itself."""
    if directory.is_symlink() or not directory.is_dir():
        return [directory]
    found = (Path(top, name) for top, below, names in os.walk(directory) for name in (*names, *_links(top, below)))
    return sorted(islice(found, _MAX_HOOKS))


def _links(top: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if Path(top, name).is_symlink()]
