"""Read and write files in one step; append records one line at a time."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from director.core.errors import ConfigError
from director.core.model import Model
from director.core.problems import describe_problems, other_version

AnyModel = TypeVar("AnyModel", bound=Model)
Made = TypeVar("Made")
_UNFINISHED = ".unfinished"
_PART_BYTES = 65536


def write_text(path: Path, text: str, *, synced: bool = True) -> bool:
    """Replace a file in one step; return False and leave it alone if it holds the text already.

    What nothing rests on after the machine has failed need not be `synced` to the disk.
    """
    data = _encoded(text)
    if read_bytes(path) == data:
        return False
    with naming(path):
        handle, scratch = _in_directory(path, lambda: _open_scratch(path))
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                if synced:
                    os.fsync(file.fileno())
            Path(scratch).chmod(0o644)
            Path(scratch).replace(path)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
    return True


def _open_scratch(path: Path) -> tuple[int, str]:
    return tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_UNFINISHED)


def _in_directory(path: Path, make: Callable[[], Made]) -> Made:
    """Make a file; its directory, too, where that is missing."""
    try:
        return make()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return make()


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have errors of the system name the file that was to be written, not the one on the way to it."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def sweep_unfinished(directory: Path, *, deep: bool) -> None:
    """Delete what a killed process had begun to write in a directory that no other process writes to, or below it."""
    pattern = f".*{_UNFINISHED}"
    for path in directory.rglob(pattern) if deep else directory.glob(pattern):
        path.unlink(missing_ok=True)


def read_bytes(path: Path) -> bytes | None:
    """Return a file's bytes, or None if there is none."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    # not by a file object: a job has very many small files, and that takes twice the time
    try:
        parts = [os.read(handle, _PART_BYTES)]
        while len(parts[-1]) == _PART_BYTES:
            parts.append(os.read(handle, _PART_BYTES))
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        os.close(handle)
    return b"".join(parts)


def read_text(path: Path) -> str | None:
    """Return a file's text, or None if there is none; bytes that are no UTF-8 are replaced."""
    data = read_bytes(path)
    return None if data is None else data.decode("utf-8", "replace")


def read_ends(path: Path, *, limit: int) -> str:
    """Return a file's text; of one that is longer than twice the limit both ends, so many bytes of each."""
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(limit)
        file.seek(max(size - limit, len(head)))
        tail = file.read(limit)
    gap = f"\n[… {size - len(head) - len(tail)} bytes left out …]\n".encode() if size > len(head) + len(tail) else b""
    return (head + gap + tail).decode("utf-8", "replace").replace("\0", "")


def write_model(path: Path, value: Model, *, synced: bool = True) -> bool:
    """Replace a JSON file in one step; return False and leave it alone if it holds the value already."""
    return write_text(path, _json(value, indent=2) + "\n", synced=synced)


def read_model(path: Path, model: type[AnyModel]) -> AnyModel | None:
    """Read a JSON file of ours, or return None if there is none. Raises ConfigError if it does not fit."""
    data = read_bytes(path)
    if data is None:
        return None
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        if version := other_version(error):
            raise ConfigError(
                f"'{path}' was made by another version of director: it has version {version}, this one reads 1",
                hint='use the director that made it, or put the job aside: director plan --new "what you want done"',
            ) from error
        problems = "".join(f"\n  - {problem}" for problem in describe_problems(error))
        raise ConfigError(
            f"'{path}' cannot be read:{problems}", hint="delete the file to have it made again, or mend it"
        ) from error


def read_remade(path: Path, model: type[AnyModel]) -> AnyModel | None:
    """Read a JSON file of ours that can be made again, or return None if there is none or it is spoiled."""
    try:
        return read_model(path, model)
    except ConfigError:
        return None


def append_record(path: Path, record: Model) -> None:
    """Append one line to a file of records; a torn line before it stays a line of its own."""
    with naming(path), _in_directory(path, lambda: path.open("a+b", buffering=0)) as file:
        file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
        separator = b"" if file.read(1) in (b"", b"\n") else b"\n"
        data = separator + _json(record).encode() + b"\n"
        while data:  # a disk that is nearly full takes a part, and complains the next time
            data = data[file.write(data) :]


def read_records(path: Path, model: type[AnyModel]) -> list[AnyModel]:
    """Read a file of records; a line that a crash left torn is passed over."""
    records = []
    for line in (read_bytes(path) or b"").splitlines():
        try:
            records.append(model.model_validate_json(line))
        except ValidationError:
            continue
    return records


def _encoded(text: str) -> bytes:
    """Return UTF-8; bytes of a file's name come back as they were, half an emoji of a reply becomes `?`."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _json(value: Model, *, indent: int | None = None) -> str:
    try:
        return value.model_dump_json(indent=indent)
    except PydanticSerializationError:  # text that is no Unicode: JSON has no bytes, so it becomes `?`
        text = json.dumps(value.model_dump(mode="json"), indent=indent, ensure_ascii=False)
        return text.encode("utf-8", "replace").decode()
