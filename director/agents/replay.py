"""Plays a cassette in place of an agent: no model is asked, nothing is paid.

Files are written as an agent would have written them: only inside the request's directory, never into git's own
directory, and only for a role that may edit.
"""

import threading
import time
from collections import Counter
from pathlib import Path, PurePosixPath

import yaml
from pydantic import ValidationError

from director.agents.protocol import Request, Standing, Surroundings
from director.core.calls import CallKey, End, Reply
from director.core.cassette import Cassette, Entry, is_git_own
from director.core.errors import AgentError, ConfigError, Interrupted
from director.core.problems import describe_problems
from director.core.roles import Permission
from director.core.tiers import Tier
from director.shell import processes

MAX_BYTES = 64 * 1024 * 1024
"""A larger file is not read as a cassette."""
POLL_SECONDS = 0.05
"""How often a pretended call looks whether director was asked to stop."""
_MALFORMED = (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError)
"""What safe_load raises: some of its constructors let Python's own errors through, as for `!!int ''`."""


class Replay:
    """The backend `replay`: the tier's model is the path of a cassette, from the repository's root."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._repository = surroundings.repository
        self._cassettes: dict[str, Cassette] = {}
        self._turns: Counter[CallKey] = Counter()
        self._loading = threading.Lock()

    def check(self, tier: Tier) -> None:
        """Read the cassette. Raises ConfigError with every problem."""
        self._cassette(tier.model)

    def examine(self, tier: Tier) -> Standing:
        """Name the cassette. Raises ConfigError as `check` does."""
        self.check(tier)
        return Standing(program=str(self._repository / tier.model), login="not needed", is_model=False)

    def ask(self, request: Request) -> Reply:
        """Play the entry that answers the request."""
        entry = self._entry(request.tier.model, request.key)
        started = time.monotonic()
        allowed = min(request.limits.wall, request.limits.idle or request.limits.wall)
        _pass_time(min(entry.seconds, allowed))
        if entry.seconds > allowed:
            end, detail = End.TIMEOUT, f"no answer within {allowed:g} seconds"
        else:
            end, detail = _write_files(request, entry)
        reply = Reply(
            end=end,
            text="" if end is End.TIMEOUT else entry.text,
            detail=detail,
            usage=entry.usage,
            cost_usd=entry.cost_usd,
            retry_after=entry.retry_after,
            events=entry.events,
            seconds=time.monotonic() - started,
        )
        request.log_directory.mkdir(parents=True, exist_ok=True)
        (request.log_directory / "transcript.jsonl").write_text(reply.model_dump_json() + "\n", encoding="utf-8")
        return reply

    def recall(self, log_directory: Path, directory: Path) -> Reply | None:
        """Return the reply of the transcript, which is written when all is played."""
        try:
            return Reply.model_validate_json((log_directory / "transcript.jsonl").read_bytes())
        except (OSError, ValidationError):
            return None

    def _entry(self, name: str, key: CallKey) -> Entry:
        cassette = self._cassette(name)
        with self._loading:
            turn = self._turns[key]
            self._turns[key] += 1
        if entry := cassette.entry(key, turn=turn):
            return entry
        close = ", ".join(f"'{label}'" for label in cassette.close_keys(key))
        raise AgentError(
            f"no entry of the cassette '{name}' answers '{key}'",
            hint=f"close to it: {close}" if close else "add an entry with this role, task and attempt",
        )

    def _cassette(self, name: str) -> Cassette:
        with self._loading:
            if name not in self._cassettes:
                self._cassettes[name] = load_cassette(self._repository, name)
            return self._cassettes[name]


def load_cassette(repository: Path, name: str) -> Cassette:
    """Read a cassette; relative names start at the repository's root. Raises ConfigError with every problem."""
    try:
        return Cassette.model_validate(_parse(_read(repository / name, name), name))
    except ValidationError as error:
        problems = "".join(f"\n  - {problem}" for problem in describe_problems(error))
        raise ConfigError(
            f"'{name}' cannot be played as a cassette:{problems}",
            hint=f"an entry of 'calls' may hold: {', '.join(Entry.model_fields)}",
        ) from error


def _read(path: Path, name: str) -> bytes:
    if not path.is_file():
        raise ConfigError(
            f"the cassette '{name}' is not a regular file",
            hint="a tier 'replay:PATH' names a file, seen from the repository's root",
        )
    if path.stat().st_size > MAX_BYTES:
        raise ConfigError(
            f"the cassette '{name}' is larger than {MAX_BYTES // 1024**2} MB", hint="split it: a tier each has its own"
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the cassette '{name}' cannot be read: {error.strerror}", hint="make it readable for you"
        ) from error


def _parse(data: bytes, name: str) -> object:
    try:
        return yaml.safe_load(data)
    except _MALFORMED as error:
        raise ConfigError(
            f"'{name}'{_place(error)} is not YAML: {_said(error)}",
            hint="check the indentation there; text with ': ' or ' #' in it wants quotes or a '|' block",
        ) from error


def _place(error: BaseException) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return f", line {mark.line + 1}, column {mark.column + 1}," if mark else ""


def _said(error: BaseException) -> str:
    problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else None
    return problem or str(error).partition("\n")[0] or type(error).__name__


def _pass_time(seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        if processes.is_stopping():
            raise Interrupted("director was asked to stop")
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, POLL_SECONDS))


def _write_files(request: Request, entry: Entry) -> tuple[End, str]:
    """Write an entry's files, all or none of them where one is refused; return how the call ends, and why."""
    if entry.files and Permission.EDIT not in request.role.permissions:
        return End.REFUSED, f"the role '{request.role.name}' may not edit files: {', '.join(entry.files)}"
    root = request.directory.resolve()
    for name in entry.files:
        if not _is_inside(root, name):
            return End.REFUSED, f"'{name}' leads out of the directory"
    try:
        for name, content in entry.files.items():
            _write_file(root / name, content, executable=name in entry.executable)
    except OSError as error:
        return End.ERROR, f"a file cannot be written: {error}"
    return entry.end, entry.detail


def _is_inside(root: Path, name: str) -> bool:
    """Tell whether a path stays inside a directory, and out of git's own, when links are followed."""
    parent = (root / name).parent.resolve()
    return parent.is_relative_to(root) and not is_git_own(PurePosixPath(parent.relative_to(root)))


def _write_file(path: Path, content: str | None, *, executable: bool) -> None:
    if content is None or path.is_symlink():  # a link is replaced, never written through
        path.unlink(missing_ok=True)
    if content is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    if executable:
        path.chmod(0o755)
