"""What both ways of driving OpenCode share."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from director.agents.driving.driven import Driven
from director.agents.driving.endings import DETAIL_LENGTH, Ending, last_line, tail
from director.agents.opencode.config import check_options, key_variables, render_listing, split_model
from director.agents.opencode.events import Events
from director.agents.opencode.home import Home, inherited_environment
from director.agents.opencode.login import login_of
from director.agents.protocol import Standing, Surroundings
from director.core.errors import AgentError
from director.core.tiers import Tier
from director.shell import processes

_LISTING_SECONDS = 120
_LOGGED = re.compile(r'level=ERROR.{0,1000}? error(?:\.error)?=("(?:[^"\\]|\\.){0,8000}|\S{1,8000})')


class OpenCodeProgram(Driven):
    """OpenCode as it is installed."""

    name = "opencode"
    command = "opencode"
    package = "opencode-ai"

    def __init__(self, surroundings: Surroundings) -> None:
        check_options(surroundings.options)
        super().__init__(surroundings)

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if OpenCode is not installed, or if the tier names no provider."""
        split_model(tier)
        self.find()

    def examine(self, tier: Tier) -> Standing:
        """Say which program would play a tier, and by what it would log in. Raises ConfigError as `check` does."""
        return replace(super().examine(tier), login=login_of(tier, self._surroundings.options))

    def reading(self, directory: PurePath) -> Events:
        """Return what reads OpenCode's events."""
        return Events(directory)

    def is_ours(self, log_directory: Path) -> bool:
        """Tell whether our agent answered, and nothing of the worktree was put aside when it was killed."""
        return not fell_back(tail(log_directory / "stderr.txt")) and not any(self.calls.glob("*/aside/*"))

    def models(self) -> Sequence[str]:
        """List `provider/model` for all that OpenCode knows and the configuration adds."""
        path, inherited = self.find(), inherited_environment(key_variables(self._surroundings.options))
        with self.private_directory() as private, self.program.startable(path):
            home = Home(private, self._surroundings.state_directory / "state")
            home.furnish(inherited)
            environment = home.environment(inherited, render_listing(self._surroundings.options))
            argv = [path, "models", "--pure"]
            listed = processes.capture(argv, cwd=home.root, env=environment, timeout=_LISTING_SECONDS)
        if listed.exit_code != 0:
            reason = last_error(listed.stderr.decode(errors="replace")) or "it gave no reason"
            raise AgentError(f"OpenCode does not list its models: {reason}")
        return [line for line in listed.stdout.decode(errors="replace").split() if "/" in line]

    @contextmanager
    def private_directory(self, prefix: str = "call-") -> Iterator[Path]:
        """Make a directory that is private to a call, and take it away afterwards."""
        self.calls.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=prefix, dir=self.calls, ignore_cleanup_errors=True) as private:
            yield Path(private)


def fell_back(stderr: str) -> bool:
    """Tell whether OpenCode took its default agent, which has all rights."""
    return "Falling back to default agent" in stderr


def explained(reported: Ending, log: str) -> Ending:
    """Give an error that only points to the log the words of the log."""
    logged = last_error(log) if "server logs" in reported.detail else ""
    return Ending(reported.end, logged) if logged else reported


def last_error(log: str) -> str:
    """Return the last error that was logged, else the last line."""
    if logged := _LOGGED.findall(log):
        return str(logged[-1]).strip('"').replace('\\"', '"')[:DETAIL_LENGTH]
    return last_line(log)
