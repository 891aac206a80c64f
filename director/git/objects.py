"""What the objects of a repository are and hold, asked of one `git cat-file` that lasts."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import IO, NamedTuple, TypeVar

from director.core.errors import GitError
from director.git.commands import Git
from director.shell.responders import REQUEST_BYTES, read_exactly, read_line

Answer = TypeVar("Answer")

_FOUND = re.compile(rb"([0-9a-f]{40,64}) (\w+) (\d+)")
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NAME = re.compile(rf"{_HASH.pattern}(?:\^1|\^{{\w+}})?")
_AT_ONCE = REQUEST_BYTES // 100


class Found(NamedTuple):
    """An object that there is."""

    name: str
    kind: str
    """`commit`, `tree`, `blob` or `tag`."""
    size: int


class Objects:
    """Asked for by whole hashes, or by `HASH^1` and `HASH^{TYPE}`. An object that came later is found, too."""

    def __init__(self, git: Git) -> None:
        self._place = str(git.common_dir)
        self._responder = git.lasting("cat-file", "--batch-command")

    def look_up(self, names: Iterable[str]) -> dict[str, Found | None]:
        """Say what object each name is, without reading it; None where there is none."""
        return self._ask("info", names, lambda source: _found(read_line(source)))

    def read(self, names: Iterable[str]) -> dict[str, bytes | None]:
        """Return the whole of what each object holds; None where there is none."""
        return self._ask("contents", names, _read)

    def find(self, name: str) -> Found | None:
        """Say what object a name is; None where there is none."""
        return self.look_up([name])[name]

    def peel(self, name: str) -> str:
        """Return the hash of what a name such as `HASH^{tree}` leads to. Raises GitError if there is no such thing."""
        found = self.find(name)
        if found is None:
            raise GitError(["cat-file"], status=128, output=f"there is no object '{name}'", place=self._place)
        return found.name

    def content(self, name: str) -> bytes:
        """Return the whole of what an object holds. Raises GitError if there is none."""
        content = self.read([name])[name]
        if content is None:
            raise GitError(["cat-file"], status=128, output=f"there is no object '{name}'", place=self._place)
        return content

    def close(self) -> None:
        """End the program that is asked."""
        self._responder.close()

    def _ask(self, command: str, names: Iterable[str], read: Callable[[IO[bytes]], Answer]) -> dict[str, Answer]:
        asked = list(dict.fromkeys(names))
        answers: dict[str, Answer] = {}
        for at in range(0, len(asked), _AT_ONCE):
            part = asked[at : at + _AT_ONCE]
            answers |= zip(part, self._answers(command, part, read), strict=True)
        return answers

    def _answers(self, command: str, names: Sequence[str], read: Callable[[IO[bytes]], Answer]) -> list[Answer]:
        strange = [name for name in names if not _NAME.fullmatch(name)]
        if strange:
            raise GitError(["cat-file"], status=128, output=f"'{strange[0]}' names no object", place=self._place)
        request = "".join(f"{command} {name}\n" for name in names).encode()
        try:
            return self._responder.ask(request, lambda source: [read(source) for _ in names])
        except (OSError, EOFError) as error:
            raise GitError(["cat-file"], status=128, output=f"it ended: {error}", place=self._place) from error


def is_hash(name: str) -> bool:
    """Tell whether a name is a whole hash: no ref and no expression."""
    return bool(_HASH.fullmatch(name))


def _found(answer: bytes) -> Found | None:
    found = _FOUND.fullmatch(answer)
    return Found(found[1].decode(), found[2].decode(), int(found[3])) if found else None


def _read(source: IO[bytes]) -> bytes | None:
    found = _found(read_line(source))
    if found is None:
        return None
    content = read_exactly(source, found.size)
    read_exactly(source, 1)
    return content
