"""OpenCode (https://opencode.ai), one `opencode run` for each call.

The agent's file, written for the call, decides what the agent may do; nothing is left to be approved on the way, so
there is no `--auto`. Where OpenCode does not know the agent that it is told, it takes its default agent, with all
rights and exit status 0; here that is the same agent again, and a call that fell back is an error whatever it answered.
Exit statuses are not trusted: the events decide (events.py). The user's own OpenCode is left alone
(home.py).

It leaves one thing behind that cannot be switched off: a file `opencode` with the project's id in the repository's
git directory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from director.agents.driving.endings import Ending
from director.agents.driving.headless import Headless, Start
from director.agents.driving.program import Ran
from director.agents.opencode.config import agent_name, key_variables, render_config, write_agents
from director.agents.opencode.events import Events
from director.agents.opencode.home import Home, inherited_environment
from director.agents.opencode.program import OpenCodeProgram, explained, fell_back, last_error
from director.agents.opencode.project import put_aside
from director.agents.protocol import Request
from director.core.calls import End


class OpenCodeRun(OpenCodeProgram, Headless):
    """The backend `opencode` in the mode `run`."""

    def start(self, request: Request, home: Path) -> Start:
        """Write what the program is told."""
        place = Home(home, self._surroundings.state_directory / "state")
        options, role = self._surroundings.options, request.role
        inherited = inherited_environment(key_variables(options))
        place.furnish(inherited)
        write_agents(place.agents, [role], {role.name: request.sampling})
        config = render_config(options, [request.tier], agent_name(role.name), place.shell)
        return Start(_arguments(request), place.environment(inherited, config), request.prompt)

    @contextmanager
    def around(self, request: Request, home: Path) -> Iterator[None]:
        """Put the repository's own OpenCode settings aside."""
        with put_aside(request.directory, home / "aside"):
            yield

    def verdict(self, ran: Ran, request: Request) -> Ending:
        """Judge a call that ended by itself."""
        events = cast(Events, ran.reading)
        if fell_back(ran.stderr):
            return Ending(End.ERROR, f"OpenCode did not find its agent '{agent_name(request.role.name)}'")
        if events.failure:
            return explained(events.failure, ran.stderr)
        if ran.finished.exit_code != 0:
            return super().verdict(ran, request)
        if not events.is_answered:
            return Ending(End.ERROR, f"no answer: {self.last_error(ran) or 'it gave no reason'}")
        return Ending(End.DONE)

    def last_error(self, ran: Ran) -> str:
        """Return the last error that was logged, else the last line."""
        return last_error(ran.stderr)


def _arguments(request: Request) -> list[str]:
    return [
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
