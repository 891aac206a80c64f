"""What the objects of a repository are and hold, asked of one `git cat-file` that lasts."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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

    def find(self, name: str) -> Found | None:
        """Say what object a name is, without reading it; None where there is none."""
        return self._ask("info", [name], _read_found)[name]

    def peel(self, name: str) -> str:
        """Return the hash of what a name such as `HASH^{tree}` leads to. Raises GitError if there is no such thing."""
        return self.look_up([name])[name].name

    def look_up(self, names: Iterable[str]) -> dict[str, Found]:
        """Say what object each name is, without reading it. Raises GitError if there is none."""
        return self._all_of(self._ask("info", names, _read_found))

    def read(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the whole of what each object holds. Raises GitError if there is none."""
        return self._all_of(self._ask("contents", names, _read_content))

    def content(self, name: str) -> bytes:
        """Return the whole of what an object holds. Raises GitError if there is none."""
        return self.read([name])[name]

    def close(self) -> None:
        """End the program that is asked."""
        self._responder.close()

    def _all_of(self, answers: Mapping[str, Answer | None]) -> dict[str, Answer]:
        found = {name: answer for name, answer in answers.items() if answer is not None}
        for name in answers.keys() - found.keys():
            raise self._error(f"there is no object '{name}', or it is spoiled")
        return found

    def _error(self, said: str) -> GitError:
        return GitError(["cat-file"], status=128, output=said, place=self._place)

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
            raise self._error(f"'{strange[0]}' names no object")
        request = "".join(f"{command} {name}\n" for name in names).encode()
        try:
            return self._responder.ask(request, lambda source: [read(source) for _ in names])
        except (OSError, EOFError) as error:
            raise self._error(f"it ended: {error}") from error


def is_hash(name: str) -> bool:
    """Tell whether a name is a whole hash: no ref and no expression."""
    return bool(_HASH.fullmatch(name))


def _read_found(source: IO[bytes]) -> Found | None:
    answer = _FOUND.fullmatch(read_line(source))
    return Found(answer[1].decode(), answer[2].decode(), int(answer[3])) if answer else None


def _read_content(source: IO[bytes]) -> bytes | None:
    found = _read_found(source)
    if found is None:
        return None
    content = read_exactly(source, found.size)
    read_exactly(source, 1)
    return content
