"""A cassette that grows as calls end. Another file in its place is never touched."""

import os
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from director.artifacts.cassettes import (
    MAX_BYTES,
    append_to_cassette,
    document_of,
    is_torn,
    parse_cassette,
    read_recording,
    whole_length,
)
from director.artifacts.files import naming
from director.core.artifacts import JobIdentity
from director.core.cassette import Cassette, Entry, Origin, Result, is_git_own
from director.core.errors import ConfigError
from director.git.repository import Repository

_ANOTHER = "name another file with --record, or move this one away"


class Recording:
    """The recording of one job. A call counts once, whichever run of director writes it down."""

    def __init__(self, path: Path, *, repository: Repository, note: Callable[[str], None]) -> None:
        self._name = str(path)
        self._path = path.resolve()
        self._repository = repository
        self._note = note
        self._lock = threading.Lock()
        self._known: Cassette | None = None

    def check(self, job: JobIdentity | None) -> None:
        """Raise ConfigError, before anything is begun, if nothing can be recorded here for a job, or for a new one."""
        if is_git_own(PurePosixPath(self._path)) or self._path.is_relative_to(self._repository.common_dir.resolve()):
            raise ConfigError(f"'{self._name}' lies in git's own directory", hint="record elsewhere")
        place = self._path if self._path.exists() else self._path.parent
        if not place.exists():
            raise ConfigError(f"there is no directory '{place}'", hint=f"make it: mkdir -p {place}")
        if not os.access(place, os.W_OK):
            raise ConfigError(f"'{place}' cannot be written", hint="see to its rights, or record elsewhere")
        with self._lock:
            self._open(job.id if job else "")

    def take(self, entry: Entry, origin: Callable[[], Origin]) -> None:
        """Append a call, unless it is there already; before the first one, what the job started from."""
        with self._lock:
            known = self._known or self._open(origin().id)
            if any(call.id == entry.id for call in known.calls):
                return
            begun = known.model_copy(update={"job": known.job or origin()})
            start = [] if known.job else [Cassette(version=1, job=begun.job)]
            if self._append([*start, Cassette(version=1, calls=(entry,))]):
                self._known = begun.model_copy(update={"calls": (*known.calls, entry)})

    def conclude(self, result: Result) -> None:
        """Append what became of the job, unless that is what the recording says already."""
        with self._lock:
            known = self._known
            if known and known.job and known.result != result and self._append([Cassette(version=1, result=result)]):
                self._known = known.model_copy(update={"result": result})

    def _open(self, job: str) -> Cassette:
        """Read what is recorded of a job, and take off the torn end that a killed run left."""
        data = self._read()
        known = self._parsed(data) if data else Cassette(version=1)
        if data and (known.job is None or known.job.id != job):
            whose = "is the recording of another job" if known.job else "is a cassette that no run recorded"
            raise ConfigError(f"'{self._name}' {whose}: it stays as it is", hint=_ANOTHER)
        if is_torn(data):
            with naming(self._path):
                os.truncate(self._path, whole_length(data))
        self._known = known
        return known

    def _read(self) -> bytes:
        if self._path.exists() and not self._path.is_file():
            raise ConfigError(f"'{self._name}' is not a regular file", hint=_ANOTHER)
        return read_recording(self._path, self._name) if self._path.exists() else b""

    def _parsed(self, data: bytes) -> Cassette:
        try:
            return parse_cassette(data, self._name)
        except ConfigError as error:
            raise ConfigError(
                f"'{self._name}' is no cassette and stays as it is: {error.message}", hint=_ANOTHER
            ) from error

    def _append(self, parts: list[Cassette]) -> bool:
        """Append documents, unless the cassette would become too large to be read."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if size + sum(len(document_of(part).encode()) for part in parts) > MAX_BYTES:
            self._note(f"the cassette '{self._name}' is full: this is not recorded")
            return False
        append_to_cassette(self._path, parts)
        return True
