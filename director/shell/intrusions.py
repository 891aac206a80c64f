"""What an agent or a test did to what is the user's, and where the versions that were replaced are kept."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from director.shell.contents import Content, put_aside, put_back, read


@dataclass(frozen=True)
class Intrusion:
    """A change by an agent or a test of what only the user may change."""

    what: str
    """What was changed: `the branch 'main'`, `the hook 'pre-commit'`, `the startup file '/home/ada/.gitconfig'`."""
    how: str
    """What was done to it: `moved`, `deleted`, `created`, `changed`."""
    kept: str
    """The ref or the file that holds the foreign version; empty where something was only deleted."""
    restored: bool = True
    """Whether it was put back; not where the user went on from the foreign version, or where that failed."""

    def __str__(self) -> str:
        """Return a sentence for a note."""
        done = "it was put back" if self.restored else "it was left as it is now"
        kept = f"; the foreign version is kept as {self.kept}" if self.kept else ""
        return f"{self.what} was {self.how} by an agent or a test: {done}{kept}"


class Aside:
    """A directory in which foreign versions are kept, each in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._number = 0

    def keep(self, path: Path, content: Content | None, name: str) -> str:
        """Keep what stands at a path: a copy, or the thing itself where it is large or no file; return where."""
        if content is None and not path.is_dir():
            return ""
        place = self.place(name)
        put_aside(path, content, place)
        return str(place)

    def undo(self, path: Path, what: str, *, before: Content | None, now: Content | None, top: Path) -> Intrusion:
        """Keep what was found at a path and make it again what it was; what was too large to remember stays.

        `top` is a directory above: none but the directories below it are made again.
        """
        how = "changed" if before and now else "created" if now else "deleted"
        kept, restored = "", False
        if before is None or before.is_known:
            with suppress(OSError):
                kept = self.keep(path, now, str(path.relative_to(top)))
                found = read(path) if now and not now.is_known else now
                restored = put_back(path, before, found=found, top=top)
        return Intrusion(what, how, kept, restored)

    def place(self, name: str) -> Path:
        """Return where a foreign version is to be kept."""
        return self._directory / self.number() / name

    def number(self) -> str:
        """Return a name that was not given before."""
        self._number += 1
        return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{self._number}"
