"""What a tier of this backend names: the command of an agent, and one of the models that it offers.

`acp:COMMAND` takes the model that the agent takes by itself, `acp:COMMAND#MODEL` one of those that it offers. The
command is split into words as a shell does it, and nothing else in it is a shell's.
"""

import shlex
from dataclasses import dataclass

from director.core.errors import ConfigError
from director.core.tiers import Tier

SEPARATOR = "#"
_HINT = "write acp:COMMAND or acp:COMMAND#MODEL, as in 'acp:opencode acp#anthropic/claude-sonnet-4-5'"


@dataclass(frozen=True)
class Agent:
    """An agent, and the model that it is to use."""

    command: str
    argv: tuple[str, ...]
    model: str
    """Empty for the one that it takes by itself."""


def read_tier(tier: Tier) -> Agent:
    """Return what a tier names. Raises ConfigError."""
    command, _, model = tier.model.partition(SEPARATOR)
    try:
        argv = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"the command of the tier '{tier}' cannot be read: {error}", hint=_HINT) from error
    if not argv or (SEPARATOR in tier.model and not model):
        raise ConfigError(f"the tier '{tier}' names no {'model' if argv else 'command'}", hint=_HINT)
    return Agent(command.strip(), tuple(argv), model)


def name_model(command: str, model: str) -> str:
    """Return a model as a tier names it, after the backend."""
    return f"{command}{SEPARATOR}{model}"
