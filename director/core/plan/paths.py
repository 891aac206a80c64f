"""Which paths a plan may name: files of the repository, each spelled in one way.

A plan comes from a model or a person, and its paths reach git, the file system and prompts. So a path that is not
plainly a file inside the repository is an error here, and nothing later has to think about it.
"""

import re
import unicodedata
from collections.abc import Callable

MAX_PART_BYTES = 255
"""The longest file name that common file systems hold."""
MAX_PATH_BYTES = 1024

_PLAIN_PART = r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"
_PLAIN = re.compile(rf"{_PLAIN_PART}(?:/{_PLAIN_PART})*")
"""What most paths are, canonical ones of ASCII; to see that takes a tenth of the time of all the rules."""
_DRIVE = re.compile(r"[A-Za-z]:")
_ROUTE_PARAMETER = re.compile(r"\[{1,2}(?:\.\.\.)?\w{2,}]{1,2}")
"""`[id]`, `[...slug]`, `[[...slug]]`: how Next.js and its kin name files, not globs."""


def path_problem(path: str) -> str | None:
    """Say what is wrong with a path and what to do about it, or None if it may stand in a plan."""
    if len(path) <= MAX_PART_BYTES and _PLAIN.fullmatch(path):
        return None
    found = next((problem for is_broken, problem in _RULES if is_broken(path)), None)
    return found.format(canonical=canonical(path)) if found else None


def canonical(path: str) -> str:
    """Return the path with `/` between its parts and without empty and `.` parts."""
    return "/".join(part for part in _parts(path) if part not in ("", "."))


def folded(path: str) -> str:
    """Return what two spellings of one file have in common where case and Unicode forms are ignored."""
    if _PLAIN.fullmatch(path):
        return path.lower()
    if path.isascii():
        return canonical(path).lower()
    composed = unicodedata.normalize("NFC", canonical(path)).casefold()
    return unicodedata.normalize("NFC", composed)


def _parts(path: str) -> list[str]:
    return path.replace("\\", "/").split("/")


def _is_in_git(path: str) -> bool:
    return any(_disguised(part) in (".git", "git~1") for part in _parts(path))


def _disguised(part: str) -> str:
    """Return the name that Windows makes of a part: https://git-scm.com/docs/git-config#core.protectNTFS."""
    return part.partition(":")[0].rstrip(" .").casefold()


def _is_glob(path: str) -> bool:
    return any(character in "*?[" for character in _ROUTE_PARAMETER.sub("", path))


def _is_untidy(path: str) -> bool:
    return any(part != part.strip() or part.endswith(".") for part in _parts(path))


def _is_too_long(path: str) -> bool:
    return len(path.encode()) > MAX_PATH_BYTES or any(len(part.encode()) > MAX_PART_BYTES for part in _parts(path))


_RULES: tuple[tuple[Callable[[str], object], str], ...] = (
    (lambda path: not path.strip(), "is empty: name a file"),
    (lambda path: not path.isprintable(), "holds a control or invisible character: give the file a plain name"),
    (_DRIVE.match, "begins with a drive letter: write it from the repository's root"),
    (lambda path: path.startswith(("/", "\\", "~/")), "is absolute: write it from the repository's root"),
    (lambda path: ".." in _parts(path), "holds '..': write it from the repository's root"),
    (_is_in_git, "is part of git's own directory: leave it out"),
    (lambda path: folded(path).split("/")[0] == ".director", "is part of director's own directory: leave it out"),
    (lambda path: folded(path) == ".gitmodules", "decides what git fetches: leave it out"),
    (lambda path: _parts(path)[-1] in ("", "."), "is a directory: name each file"),
    (lambda path: "\\" in path, "has '\\' between its parts: write '{canonical}'"),
    (lambda path: path != canonical(path), "has empty or '.' parts: write '{canonical}'"),
    (_is_glob, "holds a glob character: name each file"),
    (lambda path: path[0] in "-:", "begins with '-' or ':', which programs read as an option: rename the file"),
    (_is_untidy, "has a part with a space around it or a dot at its end: rename it"),
    (_is_too_long, "is longer than file systems allow: shorten it"),
)
