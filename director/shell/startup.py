"""What programs of the user's run or read as they start: what agents and tests change there is put back."""

import os
import re
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

from director.shell import contents
from director.shell.contents import Content, Stamp
from director.shell.intrusions import Aside, Intrusion

_HOOK = re.compile(r"(sitecustomize|usercustomize)(\..*)?|.*\.pth", re.DOTALL)
_USER_SITES = ("lib/python3.{}/site-packages", "lib/python3.{}t/site-packages")
_MINORS = range(9, 21)


class StartupFiles:
    """Files by which an agent or a test could make wrong code pass a later gate, or director itself do another thing.

    Put back are
    - Python's hooks, `sitecustomize`, `usercustomize` and `*.pth`, in the user's own site directory;
    - hooks that lead to the files of a slot, in the site directories of the active virtual environment and of every
      Python on PATH: an honest `pip install -e` in a worktree makes them, and every gate would test that worktree. What
      else appears there stays, for the user may install things, too;
    - new programs in directories of PATH below the home directory whose names were found on PATH before;
    - the user's git configuration, attributes and ignored files.

    Not watched are installed packages, files that these include, start-up files of shells, and Pythons that are not on
    PATH. The state at the beginning is the user's. A later change by the user is put back, too: nothing tells whose
    it is.
    """

    def __init__(self, aside: Path, *, slots: Path, environment: Mapping[str, str]) -> None:
        """Foreign versions are kept in the directory `aside`; worktrees of agents and gates are below `slots`."""
        places = _Places(environment)
        self._slots = os.fsencode(_resolved(slots))
        programs = frozenset(name for directory in places.path for name in _names(str(directory)))
        own = {_resolved(directory) for directory in places.own_sites()}
        self._shared = {_resolved(directory) for directory in places.sites()} - own
        hooked = dict.fromkeys((*self._shared, *own), _HOOK.fullmatch)
        shadowed = {_resolved(directory): programs.__contains__ for directory in places.users_path()}
        self._programs = shadowed.keys() - hooked.keys()
        self._aside, self._lock = Aside(aside), threading.Lock()
        self._home = Path(_resolved(places.home))
        self._directories: dict[str, Callable[[str], object]] = {**shadowed, **hooked}
        self._paths = {str(link) for link in places.links() if link.is_relative_to(self._home)}
        self._paths |= {_resolved(path) for path in places.files()}
        self._known_directories, self._known = dict[str, Stamp | None](), dict[str, Stamp | None]()
        self._look()
        self._users = {path: _read(Path(path)) for path in self._paths}

    def check(self) -> list[Intrusion]:
        """Put back what is no longer as it was at the beginning; costs next to nothing while nothing changes."""
        with self._lock:
            if contents.stand(self._known_directories, os.stat) and contents.stand(self._known):
                return []
            before, same = self._known, contents.is_same
            self._look()
            touched = [path for path in self._paths if not same(before.get(path), self._known.get(path))]
            found = {path: _read(Path(path)) for path in sorted(touched)}
            return [self._undo(Path(path), now) for path, now in found.items() if self._is_foreign(path, now)]

    def _is_foreign(self, path: str, now: Content | None) -> bool:
        """Tell whether a change cannot well be the user's."""
        directory, before = str(Path(path).parent), self._users.get(path)
        if directory in self._shared:
            return now is not None and now != before and self._slots in now.data
        return now != before and (directory not in self._programs or before is None)

    def _look(self) -> None:
        """Look at every directory and file, and list the directories that changed."""
        before = self._known_directories
        self._known_directories = {**dict.fromkeys(self._directories), **contents.stamps(self._directories, os.stat)}
        for directory, stamp in self._known_directories.items():
            if not contents.is_same(before.get(directory), stamp):
                is_minded = self._directories[directory]
                self._paths.update(f"{directory}/{name}" for name in _names(directory) if is_minded(name))
        self._known = {**dict.fromkeys(self._paths), **contents.stamps(self._paths)}

    def _undo(self, path: Path, now: Content | None) -> Intrusion:
        top = self._home if path.is_relative_to(self._home) else path.parent
        return self._aside.undo(path, f"the startup file '{path}'", before=self._users.get(str(path)), now=now, top=top)


@dataclass(frozen=True)
class _Places:
    """Where an environment has its start-up files."""

    environment: Mapping[str, str]

    @cached_property
    def home(self) -> Path:
        return self._named("HOME") or Path(os.devnull)

    @cached_property
    def path(self) -> list[Path]:
        return [Path(place) for place in self.environment.get("PATH", "").split(os.pathsep) if place.startswith("/")]

    def users_path(self) -> list[Path]:
        """Return the directories of PATH where the user puts programs by hand, not those that a manager fills."""
        home = Path(_resolved(self.home))
        below = [place for place in self.path if Path(_resolved(place)).is_relative_to(home)]
        return [place for place in below if place.name != "shims" and not (place.parent / "pyvenv.cfg").exists()]

    def files(self) -> list[Path]:
        git = (self._named("XDG_CONFIG_HOME") or self.home / ".config") / "git"
        named = [place for place in [self._named("GIT_CONFIG_GLOBAL")] if place and place.is_file()]
        return [self.home / ".gitconfig", git / "config", git / "attributes", git / "ignore", *named]

    def own_sites(self) -> Iterator[Path]:
        """Yield the user's own site directories, one for each Python."""
        user = self._named("PYTHONUSERBASE") or self.home / ".local"
        yield from (user / site.format(minor) for site, minor in product(_USER_SITES, _MINORS))
        yield from (place / "lib/python/site-packages" for place in self.home.glob("Library/Python/3.*"))

    def sites(self) -> Iterator[Path]:
        """Yield the site directories of the Pythons on PATH."""
        yield from (Path(place) for place in self.environment.get("PYTHONPATH", "").split(":") if place.startswith("/"))
        for prefix in dict.fromkeys(self._prefixes()):
            for library in (found for lib in ("lib", "lib64", "local/lib") for found in prefix.glob(f"{lib}/python3*")):
                places = (library, library / "site-packages", library / "dist-packages")
                yield from (place for place in places if place.is_dir())

    def _prefixes(self) -> Iterator[Path]:
        """Yield where Pythons are installed; those of pyenv, asdf and mise are beside the directory of their shims."""
        yield from map(Path, (sys.prefix, sys.base_prefix))
        yield from filter(None, map(self._named, ("VIRTUAL_ENV", "CONDA_PREFIX")))
        for program in (place / name for place in self.path for name in ("python", "python3")):
            if program.exists():
                yield from (program.parents[1], Path(_resolved(program)).parents[1])
                yield from (*program.parents[1].glob("versions/*"), *program.parents[1].glob("installs/python/*"))

    def links(self) -> Iterator[Path]:
        """Yield every link on the way to one of these places."""
        places = {
            above
            for place in (*self.files(), *self.path, *self.own_sites(), *self.sites())
            for above in (place, *place.parents)
        }
        return (Path(_resolved(place.parent)) / place.name for place in places if place.is_symlink())

    def _named(self, name: str) -> Path | None:
        value = self.environment.get(name, "")
        return Path(value) if value.startswith("/") else None


def _resolved(path: Path) -> str:
    return os.path.realpath(path)


def _names(directory: str) -> list[str]:
    with suppress(OSError):
        return os.listdir(directory)  # noqa: PTH208 - names are all that is needed
    return []


def _read(path: Path) -> Content | None:
    content = contents.read(path)
    return Content(stat.S_IFDIR, 0, b"") if content is None and path.is_dir() else content
