"""Claude Code (https://claude.com/claude-code), one `claude -p` for each call.

What a role may not do is not offered to its model at all (`--tools`), files outside of the directory are out of reach
of the tools that read and write (`--restricted`), and nobody is asked. The role's instructions replace the program's
own. A temperature cannot be set. Exit statuses are not trusted: the last event decides (events.py). The user's own
settings and those of the repository are left alone (home.py).
"""

import json
from dataclasses import replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from director.agents.claude_code.events import Events
from director.agents.claude_code.home import Home, inherited_environment, place_of, tools_of
from director.agents.driving.endpoint import Endpoint, read_endpoints, split_model
from director.agents.driving.headless import Headless, Start
from director.agents.driving.program import Ran
from director.agents.protocol import Request, Standing, Surroundings
from director.core.config.settings import BackendOptions
from director.core.errors import ConfigError
from director.core.roles import Permission
from director.core.tiers import Tier
from director.shell import processes

MAKER = "anthropic"
_LOGIN_SECONDS = 30
_LOGIN_LENGTH = 200
_REMARK = "[claude-code:"


class ClaudeCode(Headless):
    """The backend `claude-code`."""

    name = "claude-code"
    command = "claude"
    package = "@anthropic-ai/claude-code"

    def __init__(self, surroundings: Surroundings) -> None:
        check_options(surroundings.options)
        super().__init__(surroundings)

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if Claude Code is not installed, or if the tier names a provider that is not configured."""
        self._model(tier)
        self.find()

    def start(self, request: Request, home: Path) -> Start:
        """Write what the program is told."""
        place = Home(home)
        endpoint, model = self._model(request.tier)
        inherited = inherited_environment(self._surroundings.options.env, elsewhere=endpoint is not None)
        there = place_of(endpoint, model, home / "nowhere") if endpoint else {}
        environment = place.environment(inherited, there)
        place.furnish(request.role, inherited, environment)
        return Start(_arguments(request, place, model), environment, request.prompt)

    def reading(self, directory: PurePath) -> Events:
        """Return what reads Claude Code's events."""
        return Events(directory)

    def last_error(self, ran: Ran) -> str:
        """Return the program's last words about a problem; that it does not know a model's name is none."""
        said = "\n".join(line for line in ran.stderr.splitlines() if not line.startswith(_REMARK))
        return super().last_error(replace(ran, stderr=said))

    def examine(self, tier: Tier) -> Standing:
        """Say which program would play a tier, and with which login."""
        standing = super().examine(tier)
        endpoint, _ = self._model(tier)
        return replace(standing, login=endpoint.login) if endpoint else standing

    def login(self) -> str:
        """Return what the program says of its login."""
        self.calls.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="call-", dir=self.calls, ignore_cleanup_errors=True) as private:
            inherited = inherited_environment(self._surroundings.options.env, elsewhere=False)
            argv = [self.find(), "auth", "status", "--text"]
            environment = Home(Path(private)).environment(inherited, {})
            said = processes.capture(argv, env=environment, timeout=_LOGIN_SECONDS).stdout.decode(errors="replace")
        return said.partition("\n")[0].strip()[:_LOGIN_LENGTH]

    def _model(self, tier: Tier) -> tuple[Endpoint | None, str]:
        return split_model(tier, self._surroundings.options, maker=MAKER)


def check_options(options: BackendOptions) -> None:
    """Raise ConfigError if Claude Code cannot be driven as the configuration asks."""
    if options.mode is not None:
        raise ConfigError(
            f"'backends.claude-code.mode' is '{options.mode}', but there is only one", hint="leave it out"
        )
    read_endpoints(ClaudeCode.name, options)


def _arguments(request: Request, place: Home, model: str) -> list[str]:
    permissions = request.role.permissions
    may_change = not permissions.isdisjoint({Permission.EDIT, Permission.RUN})
    return [
        "--print",
        "--output-format=stream-json",
        "--verbose",
        "--include-partial-messages",
        "--no-session-persistence",
        f"--model={model}",
        f"--system-prompt-file={place.instructions}",
        f"--tools={','.join(tools_of(permissions))}",
        f"--permission-mode={'acceptEdits' if may_change else 'dontAsk'}",
        "--permission-prompts=none",
        "--restricted",
        "--setting-sources=",
        f"--settings={place.settings}",
        "--strict-mcp-config",
        "--disable-slash-commands",
        *([f"--json-schema={json.dumps(request.output)}"] if request.output else []),
    ]
