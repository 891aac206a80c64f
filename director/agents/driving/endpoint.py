"""The user's own endpoints, where a program whose models usually come from its maker is to find others."""

import os
import re
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError

from director.core.config.settings import BackendOptions
from director.core.errors import ConfigError
from director.core.model import Model
from director.core.problems import describe_problems
from director.core.tiers import Tier

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class Endpoint(Model):
    """An address that speaks the program's own API: a block `[backends.X.provider.NAME]`."""

    base_url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    """The address, with whatever path the program wants before its own."""
    api_key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """The environment variable that holds the key, where one is needed."""

    @property
    def key(self) -> str | None:
        """Return the key from its variable."""
        return os.environ.get(self.api_key_env) if self.api_key_env else None

    @property
    def login(self) -> str:
        """Say by what we are known there."""
        return (
            f"the key in '{self.api_key_env}', at {self.base_url}" if self.api_key_env else f"none, at {self.base_url}"
        )


Kind = TypeVar("Kind", bound=Endpoint)


def read_endpoints(backend: str, options: BackendOptions) -> dict[str, Endpoint]:
    """Read the provider blocks of a backend. Raises ConfigError."""
    return read_blocks(backend, options, Endpoint)


def read_blocks(backend: str, options: BackendOptions, kind: type[Kind]) -> dict[str, Kind]:
    """Read the provider blocks of a backend whose endpoints have more to say. Raises ConfigError."""
    blocks = options.provider.items()
    return {name: _read(f"backends.{backend}.provider.{name}", name, block, kind) for name, block in blocks}


def check_key(endpoint: Endpoint | None, provider: str, backend: str) -> None:
    """Raise ConfigError if the variable is not set that holds the key of an endpoint."""
    if endpoint and endpoint.api_key_env and not endpoint.key:
        raise ConfigError(
            f"the variable '{endpoint.api_key_env}' is not set, which holds the key of the provider '{provider}'",
            hint=f"set it, or mend `api_key_env` under [backends.{backend}.provider.{provider}]",
        )


def split_model(tier: Tier, options: BackendOptions, *, maker: str) -> tuple[Endpoint | None, str]:
    """Return the endpoint that a tier names, None for the program's own, and the model's name there.

    A model stands alone, after its maker, or after the name of a provider block: `gpt-5`, `openai/gpt-5`, `lan/qwen3`.
    """
    endpoints = read_endpoints(tier.backend, options)
    provider, slash, model = tier.model.partition("/")
    if not slash or not _NAME.fullmatch(provider):
        return None, tier.model
    if not model:
        raise ConfigError(f"the tier '{tier}' names no model", hint=f"write {tier.backend}:MODEL")
    if provider not in endpoints and provider != maker:
        raise ConfigError(
            f"the tier '{tier}' names the provider '{provider}', which is not configured",
            hint=f"write {tier.backend}:MODEL, or set `base_url` under [backends.{tier.backend}.provider.{provider}]",
        )
    endpoint = endpoints.get(provider)
    check_key(endpoint, provider, tier.backend)
    return endpoint, model


def _read(where: str, name: str, block: object, kind: type[Kind]) -> Kind:
    hint = 'write {base_url = "http://…", api_key_env = "VARIABLE"}; a name is of letters, digits, - and _'
    if not _NAME.fullmatch(name):
        raise ConfigError(f"'{where}' is no name of a provider", hint=hint)
    try:
        return kind.model_validate(block)
    except ValidationError as error:
        raise ConfigError(f"'{where}': {'; '.join(describe_problems(error))}", hint=hint) from error
