"""Plays a cassette in place of an agent: no model is asked, nothing is paid.

Files are written as an agent would have written them: only inside the request's directory, never into git's own
directory, and only for a role that may edit.
"""

import os
import threading
import time
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from director.agents.protocol import Request, Standing, Surroundings
from director.artifacts.cassettes import read_cassette
from director.core.calls import End, Reply
from director.core.cassette import Binary, Cassette, Entry, Link, is_git_own
from director.core.errors import AgentError, ConfigError, Interrupted
from director.core.roles import Permission
from director.core.tiers import Tier
from director.shell import processes

POLL_SECONDS = 0.05
"""How often a pretended call looks whether director was asked to stop."""
STRICT = "strict"
"""The mode in which only the very prompts that were recorded are answered."""


class Replay:
    """The backend `replay`: the tier's model is the path of a cassette, from the repository's root."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._repository = surroundings.repository
        self._mode = surroundings.options.mode
        self._trial = surroundings.trial
        self._cassettes: dict[str, Cassette] = {}
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def check(self, tier: Tier) -> None:
        """Read the cassette. Raises ConfigError with every problem."""
        if self._mode not in (None, STRICT):
            raise ConfigError(
                f"the backend 'replay' has no mode '{self._mode}'", hint=f"backends.replay.mode may be '{STRICT}'"
            )
        self._cassette(tier.model)

    def examine(self, tier: Tier) -> Standing:
        """Name the cassette. Raises ConfigError as `check` does."""
        self.check(tier)
        return Standing(program=str(self._repository / tier.model), login="not needed", is_model=False)

    def ask(self, request: Request) -> Reply:
        """Play the entry that answers the request."""
        entry = self._entry(request)
        self._tell(request, entry)
        started = time.monotonic()
        allowed = min(request.limits.wall, request.limits.idle or request.limits.wall)
        _pass_time(min(entry.seconds, allowed))
        if entry.seconds > allowed:
            end, detail = End.TIMEOUT, f"no answer within {allowed:g} seconds"
        else:
            end, detail = _write_files(request, entry)
        reply = Reply(
            end=end,
            text="" if entry.seconds > allowed else entry.text,
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

    def _entry(self, request: Request) -> Entry:
        name, key = request.tier.model, request.key
        cassette = self._cassette(name)
        entry = cassette.entry(key, request.prompt_digest, request.earlier)
        if entry is None:
            close = ", ".join(f"'{label}'" for label in cassette.close_keys(key))
            raise AgentError(
                f"no entry of the cassette '{name}' answers '{key}'",
                hint=f"close to it: {close}" if close else "add an entry with this role, task and attempt",
            )
        if self._mode == STRICT and entry.is_of_another_prompt(request.prompt_digest):
            raise AgentError(
                f"the prompt of '{key}' is not the one that the cassette '{name}' recorded",
                hint=f"it is in {request.log_directory}; record it anew, or leave backends.replay.mode out",
            )
        return entry

    def _tell(self, request: Request, entry: Entry) -> None:
        """Say where the entry is not what the agent answered to this very prompt; once for each task."""
        if entry.is_of_another_prompt(request.prompt_digest):
            self._tell_once(request, "the prompt changed since it was recorded: played by role and task")
        if shown := [path for path in entry.masked if path in entry.files]:
            self._tell_once(request, f"played with secrets masked: {', '.join(shown)}")
        if entry.left_out:
            self._tell_once(request, f"played without what could not be recorded: {', '.join(entry.left_out)}")

    def _tell_once(self, request: Request, text: str) -> None:
        with self._lock:
            is_new = f"{request.key.task} {text}" not in self._told
            self._told.add(f"{request.key.task} {text}")
        if is_new:
            request.note(f"{request.key}: {text}")

    def _cassette(self, name: str) -> Cassette:
        with self._lock:
            if name not in self._cassettes:
                self._cassettes[name] = read_cassette(self._repository / name, name).of_trial(self._trial)
            return self._cassettes[name]


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
        for name, content in sorted(entry.files.items(), key=lambda item: item[1] is not None):  # deletions make room
            if content is None:
                (root / name).unlink(missing_ok=True)
            else:
                _write_file(root / name, content, executable=entry.is_executable(name))
    except OSError as error:
        return End.ERROR, f"a file cannot be written: {error}"
    return entry.end, entry.detail


def _is_inside(root: Path, name: str) -> bool:
    """Tell whether a path stays inside a directory, and out of git's own, when links are followed."""
    parent = (root / name).parent.resolve()
    return parent.is_relative_to(root) and not is_git_own(PurePosixPath(parent.relative_to(root)))


def _write_file(path: Path, content: str | Binary | Link, *, executable: bool | None) -> None:
    if path.is_symlink():  # a link is replaced, never written through
        path.unlink()
    for top, _, _ in os.walk(path, topdown=False):
        Path(top).rmdir()  # the agent put a file in the place of a directory whose files are deleted by now
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Link):
        path.unlink(missing_ok=True)
        path.symlink_to(content.link)
        return
    path.write_bytes(content.data if isinstance(content, Binary) else content.encode("utf-8", "surrogatepass"))
    if executable is not None:
        path.chmod(0o755 if executable else 0o644)
