"""OpenCode (https://opencode.ai), one `opencode run` for each call.

The agent's file, written for the call, decides what the agent may do; nothing is left to be approved on the way, so
there is no `--auto`. Where OpenCode does not know the agent that it is told, it takes its default agent, with all
rights and exit status 0; here that is the same agent again, and a call that fell back is an error whatever it answered.
Exit statuses are not trusted: the events decide (events.py). The user's own OpenCode is left alone
(home.py).

It leaves one thing behind that cannot be switched off: a file `opencode` with the project's id in the repository's
git directory.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from director.agents.opencode import events as read
from director.agents.opencode.config import (
    agent_name,
    check_options,
    key_variables,
    render_config,
    split_model,
    write_agents,
)
from director.agents.opencode.events import Ending, Event
from director.agents.opencode.home import Home, inherited_environment
from director.agents.opencode.lines import Lines
from director.agents.opencode.project import put_aside
from director.agents.opencode.watch import Fault, watched
from director.agents.protocol import Request, Surroundings
from director.core.calls import End, Reply
from director.core.errors import ConfigError
from director.core.tiers import Tier
from director.shell import processes
from director.shell.processes import Ended, Finished

_HINT = "install it with `npm install -g opencode-ai`, or set `command` under [backends.opencode]"
_LOGGED = re.compile(r'level=ERROR.{0,1000}? error(?:\.error)?=("(?:[^"\\]|\\.){0,8000}|\S{1,8000})')
_FLOOD = "it wrote more output than is allowed"
_FAULTS = {
    Fault.CIRCLES: Ending(End.ERROR, "it went in circles: the same step over and over, or answers that break off"),
    Fault.OVER_BUDGET: Ending(End.OVER_BUDGET, "the job's cost ceiling was reached"),
    Fault.FLOOD: Ending(End.ERROR, _FLOOD),
}
_LOG_BYTES = 256 * 1024
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class _Ran:
    """A call that is over."""

    finished: Finished
    events: list[Event]
    stderr: str
    fault: Fault | None
    """Why it was ended while it ran."""


class OpenCode:
    """The backend `opencode`."""

    def __init__(self, surroundings: Surroundings) -> None:
        check_options(surroundings.options)
        self._surroundings = surroundings

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if OpenCode is not installed, or if the tier names no provider."""
        split_model(tier)
        self._program()

    def ask(self, request: Request) -> Reply:
        """Run OpenCode once. Raises ConfigError if it is not installed, or if the tier names no provider."""
        split_model(request.tier)
        program = self._program()
        self._calls.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="call-", dir=self._calls, ignore_cleanup_errors=True) as root:
            ran = self._run(program, request, Home(Path(root), self._surroundings.state_directory / "state"))
        ending = _ending(ran, request)
        return Reply(
            end=ending.end,
            text=read.last_text(ran.events),
            detail=ending.detail,
            retry_after=ending.retry_after,
            usage=read.total_usage(ran.events),
            cost_usd=read.total_cost(ran.events),
            events=read.tool_events(ran.events, request.directory),
            seconds=ran.finished.seconds,
        )

    def recall(self, log_directory: Path, directory: Path) -> Reply | None:
        """Read the transcript: the answer is whole if the model ended it, and nothing of the worktree was put aside."""
        events, are_all = _events(log_directory / "transcript.jsonl")
        if not events:
            return None
        is_ours = not _fell_back(_tail(log_directory / "stderr.txt")) and not any(self._calls.glob("*/aside/*"))
        is_done = are_all and is_ours and read.is_done(events)
        return Reply(
            end=End.DONE if is_done else End.INTERRUPTED,
            text=read.last_text(events),
            usage=read.total_usage(events),
            cost_usd=read.total_cost(events),
            events=read.tool_events(events, directory),
        )

    @property
    def _calls(self) -> Path:
        return self._surroundings.state_directory / "calls"

    def _run(self, program: str, request: Request, home: Home) -> _Ran:
        environment = self._prepare(request, home)
        request.log_directory.mkdir(parents=True, exist_ok=True)
        transcript, stderr = request.log_directory / "transcript.jsonl", request.log_directory / "stderr.txt"
        transcript.unlink(missing_ok=True)
        mark = f"{request.mark}/{uuid4().hex}"
        with (
            put_aside(request.directory, home.root / "aside"),
            watched(transcript, mark, request.spent) as fault,
            _startable(program),
        ):
            finished = processes.run(
                _argv(program, request),
                cwd=request.directory,
                env=environment,
                output=transcript,
                error=stderr,
                stdin=request.prompt.encode(errors="replace"),
                limits=request.limits,
                mark=mark,
            )
        events, are_all = _events(transcript)
        return _Ran(finished, events, _tail(stderr), fault() or (None if are_all else Fault.FLOOD))

    def _prepare(self, request: Request, home: Home) -> dict[str, str]:
        """Write what the program is told, and return its environment."""
        options, role = self._surroundings.options, request.role
        inherited = inherited_environment(key_variables(options))
        home.furnish(inherited)
        write_agents(home.agents, [role], {role.name: request.sampling})
        config = render_config(options, request.tier, agent_name(role.name), home.shell)
        return home.environment(inherited, config) | {"PWD": str(request.directory), **request.environment}

    def _program(self) -> str:
        command = self._surroundings.options.command or "opencode"
        path = self._surroundings.repository / Path(command).expanduser() if "/" in command else command
        if found := shutil.which(path):
            return str(found)
        raise ConfigError(f"the program '{command}' of the backend 'opencode' is not there", hint=_HINT)


def _events(transcript: Path) -> tuple[list[Event], bool]:
    """Return the events of a transcript, and whether these are all."""
    try:
        with transcript.open("rb") as stream:
            lines = Lines(stream)
            return read.read_events(lines.whole()), not lines.are_too_many
    except OSError:
        return [], True


def _tail(log: Path) -> str:
    """Return the end of a log, which an agent can make as long as it likes."""
    try:
        with log.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _LOG_BYTES, 0))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


@contextmanager
def _startable(program: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(f"'{program}' cannot be started: {error.strerror}", hint=_HINT) from error


def _argv(program: str, request: Request) -> list[str]:
    return [
        program,
        "run",
        "--pure",
        "--print-logs",
        "--log-level=ERROR",
        "--format=json",
        f"--title={request.key}",
        f"--agent={agent_name(request.role.name)}",
        f"--model={request.tier.model}",
        f"--dir={request.directory}",
    ]


def _ending(ran: _Ran, request: Request) -> Ending:
    """Judge a call: what ended it from outside, what it reported itself, and what it left unsaid."""
    if ran.fault:
        return _FAULTS[ran.fault]
    if ran.finished.ended is not Ended.EXITED:
        return _stopped(ran, request)
    if _fell_back(ran.stderr):
        return Ending(End.ERROR, f"OpenCode did not find its agent '{agent_name(request.role.name)}'")
    if reported := read.failures(ran.events):
        return _explained(reported[-1], ran.stderr)
    reason = _last_error(ran.stderr) or "it gave no reason"
    if ran.finished.exit_code != 0:
        return Ending(End.ERROR, f"exit status {ran.finished.exit_code}: {reason}")
    if not any(event.type in ("text", "tool_use") for event in ran.events):
        return Ending(End.ERROR, f"no answer: {reason}")
    return Ending(End.DONE)


def _stopped(ran: _Ran, request: Request) -> Ending:
    """Say why we ended it. One that waits for its provider's permission to ask again is silent for hours."""
    match ran.finished.ended:
        case Ended.FLOOD:
            return Ending(End.ERROR, _FLOOD)
        case Ended.IDLE:
            reason = f"no output for {request.limits.idle:g} seconds"
        case _:
            reason = f"not done after {request.limits.wall:g} seconds"
    logged = _last_error(ran.stderr)
    detail = f"{reason}; last error: {logged}" if logged else reason
    if not read.speaks_of_rate(logged):
        return Ending(End.TIMEOUT, detail)
    return Ending(End.RATE_LIMITED, detail, retry_after=read.told_wait(logged))


def _fell_back(stderr: str) -> bool:
    """Tell whether OpenCode took its default agent, which has all rights."""
    return "Falling back to default agent" in stderr


def _explained(reported: Ending, stderr: str) -> Ending:
    """Give an error that only points to the log the words of the log."""
    logged = _last_error(stderr) if "server logs" in reported.detail else ""
    return Ending(reported.end, logged) if logged else reported


def _last_error(stderr: str) -> str:
    """Return the last error that was logged, else the last line."""
    plain = _COLOUR.sub("", stderr)
    if logged := _LOGGED.findall(plain):
        return str(logged[-1]).strip('"').replace('\\"', '"')[: read.DETAIL_LENGTH]
    return next((line.strip() for line in reversed(plain.splitlines()) if line.strip()), "")[: read.DETAIL_LENGTH]
