"""Read a specification that a person has: a Markdown file, or what another tool laid out in a directory."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from director.core.errors import ConfigError
from director.core.specs import LAYOUTS, Layout, SpecKind, arranged, combined, title_of
from director.core.words import listed, quoted

MAX_BYTES = 4_000_000
"""More than that no model reads."""
_MAX_FILES = 1000
_WANTED = "give it a Markdown file, a feature of Spec Kit or a change of OpenSpec"


@dataclass(frozen=True)
class Given:
    """A specification as it is given."""

    kind: SpecKind
    path: str
    """Where it is: from the repository's root if it lies below it."""
    parts: dict[str, str]
    """The documents that it consists of."""
    text: str
    title: str


def read_given(path: Path, *, root: Path) -> Given:
    """Read a specification. Raises ConfigError for what is none."""
    if not path.exists():
        raise ConfigError(f"there is no '{path}'", hint=_WANTED)
    place = path.resolve()
    shown = str(place.relative_to(root.resolve())) if place.is_relative_to(root.resolve()) else str(place)
    if path.is_dir():
        return _read_directory(path, shown)
    text = _read(path, path, left=MAX_BYTES).strip("\n") + "\n"
    return _checked(Given(SpecKind.FILE, shown, {path.name: text}, text, title_of(text) or path.stem))


def _read_directory(path: Path, shown: str) -> Given:
    layout = _layout_of(path)
    if layout is None:
        near = [f"'{place}'" for place in _candidates(path)]
        raise ConfigError(
            f"'{path}' holds no specification that is known", hint=f"name one of {listed(near)}" if near else _WANTED
        )
    parts: dict[str, str] = {}
    left = MAX_BYTES
    for name in arranged(layout, _files(path, layout)):
        parts[name] = _read(path / name, path, left=left)
        left -= len(parts[name].encode())
    text = combined(layout.name, shown, parts)
    return _checked(Given(layout.kind, shown, parts, text, title_of(parts[layout.sign]) or path.resolve().name))


def _layout_of(path: Path) -> Layout | None:
    return next((layout for layout in LAYOUTS if (path / layout.sign).is_file()), None)


def _candidates(path: Path) -> list[Path]:
    """Return directories below that would do: of OpenSpec its changes, not what it says of all that there is."""
    above = (path / "openspec" / "changes", path / "changes", path / "specs", path)
    parent = next((place for place in above if place.is_dir()), path)
    return [place for place in sorted(parent.iterdir()) if place.is_dir() and _layout_of(place)]


def _files(path: Path, layout: Layout) -> list[str]:
    """Return what lies where a layout has documents. Raises ConfigError for links, which are not followed."""
    tops = dict.fromkeys(pattern.partition("/")[0] for pattern in layout.order)
    found = [file for top in tops for file in _below(path, path / top)]
    if len(found) > _MAX_FILES:
        raise ConfigError(f"'{path}' holds more than {_MAX_FILES} documents", hint=_WANTED)
    return found


def _below(path: Path, top: Path) -> Iterator[str]:
    _refuse_link(top)
    if top.is_file():
        yield top.name
    for directory, directories, files in os.walk(top):
        for name in (*directories, *files):
            _refuse_link(Path(directory, name))
        yield from (Path(directory, name).relative_to(path).as_posix() for name in files)


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise ConfigError(f"'{path}' is a link, which is not followed", hint="put the file itself in its place")


def _read(path: Path, whole: Path, *, left: int) -> str:
    if not path.is_file():
        raise ConfigError(f"'{path}' is no file", hint=_WANTED)
    if path.stat().st_size > left:
        raise ConfigError(f"'{whole}' is longer than {MAX_BYTES} bytes, which no model reads", hint="shorten it")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{quoted(str(path))} is not text in UTF-8", hint="save it as UTF-8") from error
    if "\0" in text:
        raise ConfigError(f"{quoted(str(path))} is not text", hint=_WANTED)
    return text


def _checked(given: Given) -> Given:
    if not any(text.strip() for text in given.parts.values()):
        raise ConfigError(f"'{given.path}' is empty", hint=_WANTED)
    return given
