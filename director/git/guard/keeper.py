"""Where foreign versions are kept: objects under refs of ours, files in a directory."""

from pathlib import Path

from director.git.repository import Repository
from director.shell.intrusions import Aside


class Keeper:
    """Keeps what agents and tests put in the place of the user's."""

    def __init__(self, repository: Repository, *, prefix: str, directory: Path) -> None:
        self._repository = repository
        self._prefix = prefix
        self.aside = Aside(directory)

    def keep_value(self, name: str, value: str | None) -> str:
        """Keep what a ref or HEAD held: an object as a ref, a name or what is no object as a file."""
        if not value:
            return ""
        ref = f"{self._prefix}{self.aside.number()}/{name.removeprefix('refs/')}"
        status, _, _ = self._repository.git.attempt("update-ref", "--no-deref", ref, value)
        if status == 0:
            return ref
        place = self.aside.place(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{value}\n", encoding="utf-8", errors="surrogateescape")
        return str(place)
