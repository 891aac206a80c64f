"""What OpenCode is told: an agent rendered from a role, and the configuration of one call.

The role's instructions become the whole system prompt: OpenCode replaces its own by them. Rights are given, not taken:
the rules begin with a denial of everything, and the last rule that fits decides. A denied tool is not even offered.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from director.core.calls import RoleDefinition
from director.core.config.settings import BackendOptions, Sampling
from director.core.digests import digest_text
from director.core.errors import ConfigError
from director.core.model import Model
from director.core.problems import describe_problems
from director.core.roles import Permission, Role
from director.core.tiers import Tier

MODES = ("serve", "run")
"""How OpenCode may be driven; the first is the default."""
_SECRET_FILES = {"*": "allow", "*.env": "deny", "*.env.*": "deny", "*.env.example": "allow"}
_RULES: Mapping[Permission, Mapping[str, Any]] = {
    Permission.READ: {"read": _SECRET_FILES, "grep": "allow", "glob": "allow"},
    Permission.EDIT: {"edit": "allow"},
    Permission.RUN: {"bash": "allow"},
}


class Shorthand(Model):
    """A provider that speaks the OpenAI API at an address, as the configuration may write it."""

    base_url: str
    """The address, with its `/v1`."""
    api_key_env: str | None = None
    """The environment variable that holds the key, where one is needed."""
    models: tuple[str, ...] = ()
    """Its models; those of the tiers are added."""

    def expand(self, models: Iterable[str]) -> dict[str, Any]:
        """Return the block that OpenCode understands. The key stays in its variable: OpenCode itself looks it up."""
        key = {"apiKey": f"{{env:{self.api_key_env}}}"} if self.api_key_env else {}
        return {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": self.base_url, **key},
            # Without the capability OpenCode does not send an agent's temperature.
            "models": {name: {"temperature": True} for name in dict.fromkeys([*self.models, *models])},
        }


def agent_name(role: Role) -> str:
    """Return the name of a role's agent in OpenCode."""
    return f"director-{role}"


def render_agent(role: RoleDefinition, sampling: Sampling) -> str:
    """Return the Markdown file that defines a role's agent."""
    temperature = role.temperature if sampling.temperature is None else sampling.temperature
    settings = {
        "description": role.description,
        "mode": "primary",
        "temperature": temperature,
        "top_p": sampling.top_p,
        "permission": _permission(role.permissions),
    }
    known = {name: value for name, value in settings.items() if value is not None}
    front = yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{front}---\n\n{role.instructions.strip()}\n"


def write_agents(
    directory: Path, roles: Iterable[RoleDefinition], sampling: Mapping[Role, Sampling] | None = None
) -> list[Path]:
    """Write an agent's file for each role into the directory, such as `.opencode/agent`, and return the files."""
    directory.mkdir(parents=True, exist_ok=True)
    named = [(agent_name(role.name), role) for role in roles]
    return [
        _write(directory, name, render_agent(role, (sampling or {}).get(role.name, Sampling()))) for name, role in named
    ]


def write_agent(directory: Path, role: RoleDefinition, sampling: Sampling) -> str:
    """Write an agent's file under a name that tells what is in it, and return the name."""
    content = render_agent(role, sampling)
    name = f"{agent_name(role.name)}-{digest_text(content)[:12]}"
    if not (directory / f"{name}.md").exists():
        _write(directory, name, content)
    return name


def render_config(options: BackendOptions, tiers: Iterable[Tier], agent: str, shell: Path) -> dict[str, Any]:
    """Return the configuration for calls of these tiers.

    Whichever agent OpenCode takes: one that is not ours may do nothing, and if ours is missing there is no default.
    """
    models: dict[str, list[str]] = {}
    for provider, model in map(split_model, tiers):
        models.setdefault(provider, []).append(model)
    blocks = {name: block for name, block in _provider_blocks(options).items() if name in models}
    return {
        "provider": {
            name: block.expand(models[name]) if isinstance(block, Shorthand) else block
            for name, block in blocks.items()
        },
        "enabled_providers": list(models),
        "default_agent": agent,
        "permission": {"*": "deny"},
        "shell": str(shell),
        "share": "disabled",
        "autoupdate": False,
        "snapshot": False,
        "formatter": False,
        "lsp": False,
    }


def render_listing(options: BackendOptions) -> dict[str, Any]:
    """Return the configuration for a look at the models: of every provider, where one may be used."""
    blocks = _provider_blocks(options).items()
    return {
        "provider": {name: block.expand(()) if isinstance(block, Shorthand) else block for name, block in blocks},
        "permission": {"*": "deny"},
        "autoupdate": False,
    }


def own_endpoint(options: BackendOptions, provider: str) -> Shorthand | None:
    """Return the address that the configuration gives a provider; None where it has none, or a block of OpenCode."""
    block = _provider_blocks(options).get(provider)
    return block if isinstance(block, Shorthand) else None


def key_variables(options: BackendOptions) -> list[str]:
    """List the environment variables that the configuration names for the program."""
    blocks = _provider_blocks(options).values()
    named = [block.api_key_env for block in blocks if isinstance(block, Shorthand) and block.api_key_env]
    return [*options.env, *named]


def check_options(options: BackendOptions) -> None:
    """Raise ConfigError if OpenCode cannot be driven as the configuration asks."""
    if options.mode not in (None, *MODES):
        raise ConfigError(
            f"'backends.opencode.mode' is '{options.mode}', which is not known",
            hint='write mode = "serve" or mode = "run", or leave it out',
        )
    _provider_blocks(options)


def split_model(tier: Tier) -> tuple[str, str]:
    """Split a tier's model into OpenCode's provider and the model's name there."""
    provider, _, model = tier.model.partition("/")
    if not provider or not model:
        raise ConfigError(
            f"the tier '{tier}' names no provider", hint="write provider/model, as `opencode models` lists them"
        )
    return provider, model


def _permission(permissions: frozenset[Permission]) -> dict[str, Any]:
    rules: dict[str, Any] = {"*": "deny"}
    for permission in Permission:
        if permission in permissions:
            rules |= _RULES[permission]
    # Three equal tool calls in one message are a "doom loop": denied, it ends the whole session.
    return {**rules, "doom_loop": "allow", "external_directory": "deny"}


def _write(directory: Path, name: str, content: str) -> Path:
    path = directory / f"{name}.md"
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(content, encoding="utf-8")
    return partial.replace(path)


def _provider_blocks(options: BackendOptions) -> dict[str, Shorthand | dict[str, Any]]:
    return {name: _provider_block(name, block) for name, block in options.provider.items()}


def _provider_block(name: str, block: object) -> Shorthand | dict[str, Any]:
    where = f"'backends.opencode.provider.{name}'"
    if not isinstance(block, dict):
        raise ConfigError(f"{where} is not a table", hint='write {base_url = "http://…/v1"} or OpenCode\'s own block')
    if "base_url" not in block:
        return block
    try:
        return Shorthand.model_validate(block)
    except ValidationError as error:
        raise ConfigError(
            f"{where}: {'; '.join(describe_problems(error))}",
            hint="next to base_url stand only api_key_env and models; OpenCode's own blocks have no base_url",
        ) from error
