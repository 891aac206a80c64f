"""Files in the user's home that programs run or read as they start: what agents and tests did to them is put back."""

import os
import re
import stat
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from glob import glob
from pathlib import Path

from director.shell import contents
from director.shell.contents import Content, Stamp
from director.shell.intrusions import Aside, Intrusion

_HOOK = re.compile(r"(sitecustomize|usercustomize)(\..*)?|.*\.pth", re.DOTALL)
_USER_SITES = ("lib/python3.{}/site-packages", "lib/python3.{}t/site-packages")
_MINORS = range(9, 21)


class StartupFiles:
    """What would make wrong code green later, because a program of the user's runs or reads it as it starts.

    Put back, whether new, changed or deleted, are
    - Python's hooks: `sitecustomize`, `usercustomize` and `*.pth` in the user's site directories, in those of every
      `python` on PATH and of director's own; also where an honest `pip install -e` made them: they point into a slot;
    - programs in directories of PATH below the home directory or in the active virtual environment whose name was found
      on PATH at the beginning. Other new programs stay: an honest `pip install` makes them;
    - git's configuration, attributes and ignored files of the user.

    Not watched are other installed packages and their bytecode, what these files include or import, start-up files of
    shells, and Pythons that are not on PATH. A program of more than 1 MiB is reported and not put back.

    The state at the beginning is taken for the user's, and nothing tells who changed it since: what the user changes
    while director runs is put back as well, and kept.
    """

    def __init__(self, aside: Path, *, environment: Mapping[str, str]) -> None:
        """Foreign versions are kept in the directory `aside`."""
        self._aside = Aside(aside)
        self._lock = threading.Lock()
        places = _Places(environment)
        self._home = places.home
        self._names = frozenset(name for directory in places.path for name in _names_in(directory))
        self._bins = dict.fromkeys(_resolved(directory for directory in places.path if places.is_the_users(directory)))
        self._sites = dict.fromkeys(_resolved(places.sites()))
        links = (link for path in (*places.path, *places.sites(), *places.files()) for link in _links_to(path))
        self._files = {*links, *_resolved(places.files())}
        self._stamps: dict[str, Stamp] = {}
        self._stamps = self._look()
        self._users = {path: _read(path) for path in self._files}

    def check(self) -> list[Intrusion]:
        """Put back what changed since the beginning. Costs next to nothing while nothing changes."""
        with self._lock:
            before, self._stamps = self._stamps, self._look()
            changed = [path for path in self._files if before.get(path) != self._stamps.get(path)]
            unsettled = [path for path in changed if _read(path) != self._users.get(path)]
            return [self._undo(Path(path)) for path in sorted(unsettled)]
