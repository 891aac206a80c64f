"""pi (https://pi.dev), one `pi --print --mode json` for each call.

What a role may not do is not offered to its model at all (`--tools`). The role's instructions replace pi's own. Its
exit status is 0 also where its provider refused: the events decide (events.py). The user's own settings and those of
the repository are left alone (home.py). pi holds no model to a schema; the prompt's words do.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath

from pydantic import Field

from director.agents.driving.endings import Ending
from director.agents.driving.endpoint import check_key, read_blocks
from director.agents.driving.headless import Headless, Start
from director.agents.driving.loose import Loose, read_line
from director.agents.driving.program import Ran
from director.agents.pi.events import Events
from director.agents.pi.home import Home, PiEndpoint, inherited_environment, models_of, renew_login
from director.agents.protocol import Request, Standing, Surroundings
from director.core.calls import End
from director.core.errors import AgentError, ConfigError
from director.core.roles import Permission
from director.core.tiers import Tier
from director.shell import processes

TOOLS: Mapping[Permission, Sequence[str]] = {
    Permission.READ: ("read", "grep", "find", "ls"),
    Permission.EDIT: ("edit", "write"),
    Permission.RUN: ("bash",),
}
_WITHOUT = ("session", "extensions", "mcp", "skills", "prompt-templates", "themes", "context-files", "approve")
_NO_KEY = "No API key found"
_LOOK_SECONDS = 60


class _Check(Loose):
    """What pi says of a login."""

    status: str = ""
    kind: str = Field(default="", alias="authType")
    reason: str = ""


class Pi(Headless):
    """The backend `pi`."""

    name = "pi"
    command = "pi"
    package = "@earendil-works/pi-coding-agent"

    def __init__(self, surroundings: Surroundings) -> None:
        options = surroundings.options
        if options.mode is not None:
            raise ConfigError(f"'backends.pi.mode' is '{options.mode}', but there is only one", hint="leave it out")
        self._endpoints = read_blocks(self.name, options, PiEndpoint)
        super().__init__(surroundings)

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if pi is not installed, or if the tier names no provider or one without its key."""
        provider, _ = split_model(tier)
        check_key(self._endpoints.get(provider), provider, self.name)
        self.find()

    def start(self, request: Request, home: Path) -> Start:
        """Write what the program is told."""
        provider, model = split_model(request.tier)
        place, endpoint, inherited = Home(home), self._endpoints.get(provider), self._inherited(request.tier)
        place.furnish(inherited, models_of(provider, model, endpoint, request), with_login=endpoint is None)
        place.instructions.write_text(request.role.instructions.strip() + "\n", encoding="utf-8")
        return Start(_arguments(request, place), place.environment(inherited), request.prompt)

    def reading(self, directory: PurePath) -> Events:
        """Return what reads pi's events."""
        return Events(directory)

    @contextmanager
    def around(self, request: Request, home: Path) -> Iterator[None]:
        """Renew a login that would end while the program runs."""
        provider, _ = split_model(request.tier)
        if provider not in self._endpoints:
            renew_login(self.find(), provider, self._inherited(request.tier), home)
        yield

    def verdict(self, ran: Ran, request: Request) -> Ending:
        """Judge a call that ended by itself; without a key pi tells no event."""
        missing = next((line for line in ran.stderr.splitlines() if line.startswith(_NO_KEY)), "")
        return Ending(End.REFUSED, missing) if missing and not ran.reading.is_done else super().verdict(ran, request)

    def examine(self, tier: Tier) -> Standing:
        """Say which program would play a tier, and with which login."""
        provider, _ = split_model(tier)
        endpoint = self._endpoints.get(provider)
        standing = super().examine(tier)
        return replace(standing, login=endpoint.login if endpoint else self._login_of(tier))

    def models(self) -> Sequence[str]:
        """Return the models of the providers that pi has a key or a login for."""
        exit_code, said = self._look(["--list-models"])
        if exit_code != 0:
            raise AgentError("pi does not list its models", hint="try it: pi --list-models")
        rows = [line.split() for line in said.splitlines()[1:]]
        return [f"{row[0]}/{row[1]}" for row in rows if len(row) > 1]

    def _login_of(self, tier: Tier) -> str:
        provider, _ = split_model(tier)
        _, said = self._look(["auth", "check", "--provider", provider, "--json", "--no-refresh"])
        check = read_line(said, _Check) or _Check()
        return f"ready, by {check.kind}" if check.status == "ready" else check.reason.replace("_", " ")

    def _look(self, arguments: Sequence[str]) -> tuple[int, str]:
        """Ask pi something that needs no model; it sees what it would see in a call to a provider."""
        inherited = inherited_environment(self._surroundings.options.env, elsewhere=False)
        with self.private() as home:
            place = Home(home)
            place.furnish(inherited, {}, with_login=True)
            argv = [self.find(), *arguments]
            done = processes.capture(argv, env=place.environment(inherited), cwd=home, timeout=_LOOK_SECONDS)
        return done.exit_code, done.stdout.decode(errors="replace")

    def _inherited(self, tier: Tier) -> dict[str, str]:
        endpoint = self._endpoints.get(split_model(tier)[0])
        own = (endpoint.api_key_env,) if endpoint and endpoint.api_key_env else ()
        return inherited_environment((*self._surroundings.options.env, *own), elsewhere=endpoint is not None)


def split_model(tier: Tier) -> tuple[str, str]:
    """Split a tier's model into pi's provider and the model's name there."""
    provider, _, model = tier.model.partition("/")
    if not provider or not model:
        raise ConfigError(
            f"the tier '{tier}' names no provider", hint="write provider/model, as `pi --list-models` lists them"
        )
    return provider, model


def _arguments(request: Request, place: Home) -> list[str]:
    provider, model = split_model(request.tier)
    permissions = request.role.permissions
    tools = [tool for permission in Permission if permission in permissions for tool in TOOLS[permission]]
    told = {
        "--mode": "json",
        "--system-prompt": str(place.instructions),
        "--provider": provider,
        "--model": model,
        "--tools": ",".join(tools),
    }
    return ["--print", *(f"--no-{name}" for name in _WITHOUT), *(part for pair in told.items() for part in pair)]
