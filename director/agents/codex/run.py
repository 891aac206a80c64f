"""Codex (https://developers.openai.com/codex), one `codex exec` for each call.

Codex has one tool, a shell, and holds it by a sandbox of the operating system: roles that only read can change nothing
and reach no network; the others write in their directory, the places for temporary files and the user's cache. Where
the machine has no such sandbox every command would fail, so that is looked at before anything is begun. The role's
instructions replace the program's own. A temperature cannot be set. Exit statuses are not trusted: the last event
decides (events.py). The user's own settings and those of the repository are left alone (home.py).
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from pydantic import Field

from director.agents.codex.events import Events
from director.agents.codex.home import UNCONFINED, Home, environment_of, key_variable, render_config, sandbox_of
from director.agents.driving.endings import last_line
from director.agents.driving.endpoint import Endpoint, read_endpoints, split_model
from director.agents.driving.headless import Headless, Start
from director.agents.driving.loose import Loose, read_line
from director.agents.protocol import Request, Standing, Surroundings
from director.core.config.settings import BackendOptions
from director.core.errors import AgentError, ConfigError
from director.core.tiers import Tier
from director.shell import processes
from director.shell.processes import Captured

MAKER = "openai"
_ASIDE_SECONDS = 30


class _Model(Loose):
    slug: str = ""
    visibility: str = ""


class _Catalog(Loose):
    models: list[_Model] = Field(default_factory=list)


class Codex(Headless):
    """The backend `codex`."""

    name = "codex"
    command = "codex"
    package = "@openai/codex"

    def __init__(self, surroundings: Surroundings) -> None:
        check_options(surroundings.options)
        super().__init__(surroundings)
        self._has_sandbox = False

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if Codex is not installed or has no sandbox, or if the tier names an unknown provider."""
        self._model(tier)
        self.find()
        if self._surroundings.options.mode != UNCONFINED:
            self._need_sandbox()

    def start(self, request: Request, home: Path) -> Start:
        """Write what the program is told."""
        options, role, place = self._surroundings.options, request.role, Home(home)
        if sandbox_of(role.permissions, options.mode) == "read-only":
            self._need_sandbox()
        endpoint, model = self._model(request.tier)
        environment = environment_of(options.env, endpoint, home)
        config = render_config(
            role.permissions,
            home=place,
            directory=request.directory,
            endpoint=endpoint,
            environment=environment,
            roots=[value for value in request.environment.values() if Path(value).is_absolute()],
            mode=options.mode,
        )
        place.furnish(config, role.instructions, with_login=endpoint is None)
        if request.output:
            place.schema.write_text(json.dumps(request.output), encoding="utf-8")
        return Start(_arguments(request, place, model), environment, request.prompt)

    def reading(self, directory: PurePath) -> Events:
        """Return what reads Codex's events."""
        return Events(directory)

    def examine(self, tier: Tier) -> Standing:
        """Say which program would play a tier, and with which login."""
        standing = super().examine(tier)
        endpoint, _ = self._model(tier)
        return replace(standing, login=endpoint.login) if endpoint else standing

    def login(self) -> str:
        """Return what the program says of its login."""
        if key := key_variable():
            return f"the key in '{key}'"
        said = self._aside("login", "status")
        lines = (said.stdout + said.stderr).decode(errors="replace").splitlines()
        words = next((line for line in lines if line.strip() and not line.startswith("WARNING")), "")
        return words.partition(" - ")[0]  # what follows are parts of the key

    def models(self) -> Sequence[str]:
        """List OpenAI's models; what an endpoint offers is not known."""
        catalog = read_line(self._aside("debug", "models").stdout, _Catalog)
        if catalog is None:
            raise AgentError("codex does not list its models", hint="run `codex debug models` to see why")
        return [model.slug for model in catalog.models if model.visibility == "list"]

    def _model(self, tier: Tier) -> tuple[Endpoint | None, str]:
        return split_model(tier, self._surroundings.options, maker=MAKER)

    def _need_sandbox(self) -> None:
        """Raise ConfigError if commands cannot be held. macOS has its sandbox always."""
        if self._has_sandbox or sys.platform != "linux":
            return
        tried = self._aside("sandbox", "--", "true")
        if tried.exit_code != 0:
            raise ConfigError(
                f"codex cannot hold commands in its sandbox here: {last_line(tried.stderr.decode(errors='replace'))}",
                hint="allow user namespaces, or play the roles that read by another backend and set "
                f'`mode = "{UNCONFINED}"` under [backends.codex], which lets the others do whatever you can',
            )
        self._has_sandbox = True

    def _aside(self, *arguments: str) -> Captured:
        """Run a command of Codex's that asks no model, in a private home that has the user's login."""
        self.calls.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="call-", dir=self.calls, ignore_cleanup_errors=True) as private:
            home = Path(private)
            Home(home).furnish({}, "", with_login=True)
            environment = environment_of(self._surroundings.options.env, None, home)
            return processes.capture([self.find(), *arguments], env=environment, timeout=_ASIDE_SECONDS)


def check_options(options: BackendOptions) -> None:
    """Raise ConfigError if Codex cannot be driven as the configuration asks."""
    if options.mode not in (None, UNCONFINED):
        raise ConfigError(
            f"'backends.codex.mode' is '{options.mode}', which is not known",
            hint=f'write mode = "{UNCONFINED}" or leave it out',
        )
    read_endpoints(Codex.name, options)


def _arguments(request: Request, place: Home, model: str) -> list[str]:
    return [
        "exec",
        "--json",
        "--ephemeral",
        "--ignore-rules",
        "--skip-git-repo-check",
        f"--cd={request.directory}",
        f"--model={model}",
        *([f"--output-schema={place.schema}"] if request.output else []),
        "-",
    ]
