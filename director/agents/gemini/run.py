"""Gemini CLI (https://geminicli.com), one call of `gemini` with an answer in JSON lines for each call.

What a role may not do is not offered to its model at all (`tools.core`); an approval mode does not hold. Its tools that
read and write stay in the directory. The role's instructions replace its own. Exit statuses are the provider's, cut to
a byte, and 0 also for an answer that broke off: the events decide (events.py), and a status only tells what they leave
out. The user's own settings and those of the repository are left alone (home.py). It holds no model to a schema; the
prompt's words do.
"""

import re
from dataclasses import replace
from pathlib import Path, PurePath

from director.agents.driving.endings import Ending, failed, last_line
from director.agents.driving.endpoint import Endpoint, read_endpoints, split_model
from director.agents.driving.headless import Headless, Start
from director.agents.driving.program import Ran
from director.agents.gemini.events import Events
from director.agents.gemini.home import (
    API_KEY,
    COMMAND,
    Home,
    auth_type,
    inherited_environment,
    login_of,
    place_of,
    settings_of,
)
from director.agents.protocol import Request, Standing, Surroundings
from director.core.calls import End
from director.core.errors import ConfigError
from director.core.tiers import Tier

MAKER = "google"
_NO_LOGIN = 41
_STATUSES = {status % 256: status for status in (401, 402, 403, 429, 529)}
_ATTEMPT = re.compile(r"^Attempt \d+ failed.*?(?=\n    at |^Attempt |^Error|\Z)", re.MULTILINE | re.DOTALL)
_NO_NEWS = re.compile(r"^(?:\s.*|}|Warning: .*|Ripgrep is not available.*)$", re.MULTILINE)


class Gemini(Headless):
    """The backend `gemini`."""

    name = "gemini"
    command = "gemini"
    package = "@google/gemini-cli"

    def __init__(self, surroundings: Surroundings) -> None:
        options = surroundings.options
        if options.mode is not None:
            raise ConfigError(f"'backends.gemini.mode' is '{options.mode}', but there is only one", hint="leave it out")
        read_endpoints(self.name, options)
        super().__init__(surroundings)

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if Gemini CLI is not installed, or if the tier names a provider that is not configured."""
        self._model(tier)
        self.find()

    def start(self, request: Request, home: Path) -> Start:
        """Write what the program is told."""
        endpoint, model = self._model(request.tier)
        place, inherited = Home(home), self._inherited(endpoint)
        settings = settings_of(request, model, API_KEY if endpoint else auth_type(inherited))
        place.furnish(settings, request.role, with_login=endpoint is None)
        environment = place.environment(inherited, place_of(endpoint) if endpoint else {})
        arguments = ["--model", model, "--output-format=stream-json", "--approval-mode=default"]
        return Start(arguments, environment, f"/{COMMAND}\n\n{request.prompt}")

    def reading(self, directory: PurePath) -> Events:
        """Return what reads Gemini CLI's events."""
        return Events(directory)

    def verdict(self, ran: Ran, request: Request) -> Ending:
        """Judge a call that ended by itself; the exit status tells a refusal that the events do not."""
        exit_code, ending = ran.finished.exit_code, super().verdict(ran, request)
        if ending.end is not End.ERROR:
            return ending
        if exit_code == _NO_LOGIN:
            return Ending(End.REFUSED, self.last_error(ran))
        if status := _STATUSES.get(exit_code):
            return failed(ending.detail, status=status)
        return ending

    def last_error(self, ran: Ran) -> str:
        """Return the last attempt that failed, else the last line that is no part of a trace."""
        if attempts := _ATTEMPT.findall(ran.stderr):
            return " ".join(attempts[-1].split())
        return last_line(_NO_NEWS.sub("", ran.stderr))

    def examine(self, tier: Tier) -> Standing:
        """Say which program would play a tier, and with which login."""
        endpoint, _ = self._model(tier)
        standing = super().examine(tier)
        return replace(standing, login=endpoint.login if endpoint else login_of(self._inherited(None)))

    def _model(self, tier: Tier) -> tuple[Endpoint | None, str]:
        return split_model(tier, self._surroundings.options, maker=MAKER)

    def _inherited(self, endpoint: Endpoint | None) -> dict[str, str]:
        return inherited_environment(self._surroundings.options.env, elsewhere=endpoint is not None)
