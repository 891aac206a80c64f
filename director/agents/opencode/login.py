"""By what OpenCode would log in to a provider, as far as that can be told without asking it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from director.agents.opencode.config import key_variables, own_endpoint, split_model
from director.agents.opencode.home import inherited_environment, login_file
from director.core.config.settings import BackendOptions
from director.core.errors import ConfigError
from director.core.tiers import Tier


def login_of(tier: Tier, options: BackendOptions) -> str:
    """Say by what a tier's provider is logged in to; empty where it cannot be told.

    Raises ConfigError for a key whose variable is named and not set.
    """
    provider, _ = split_model(tier)
    endpoint = own_endpoint(options, provider)
    if endpoint and endpoint.api_key_env:
        return _key_in(endpoint.api_key_env, provider)
    if endpoint:
        return "no key is named"
    environment = inherited_environment(key_variables(options))
    if provider in _logins(environment):
        return "logged in with OpenCode"
    usual = f"{provider.upper().replace('-', '_')}_API_KEY"
    return f"key in {usual}" if usual in environment else ""


def _key_in(variable: str, provider: str) -> str:
    if variable in os.environ:
        return f"key in {variable}"
    raise ConfigError(
        f"the variable '{variable}' is not set, which holds the key of the provider '{provider}'",
        hint=f"set it, or mend `api_key_env` under [backends.opencode.provider.{provider}]",
    )


def _logins(environment: Mapping[str, str]) -> set[str]:
    """Return the providers that the user has logged in to with OpenCode."""
    try:
        found = json.loads(Path(login_file(environment)).read_bytes())
    except (OSError, ValueError):
        return set()
    return set(found) if isinstance(found, dict) else set()
