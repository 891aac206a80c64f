"""Tier strings: ``[backend:]provider/model``."""

import re

from director.core.errors import ConfigError
from director.core.model import Model

DEFAULT_BACKEND = "opencode"
_PROVIDERS = {
    "claude-code": "anthropic",
    "codex": "openai",
    "gemini": "google",
}
"""Whose models a program asks where its tiers name no provider."""
_BACKEND = re.compile(r"[a-z][a-z0-9-]*")


class Tier(Model):
    """A backend and the model it is asked to use."""

    backend: str
    """Name of an entry point in the group `director.backends`."""
    model: str
    """What the backend understands: for most `provider/model`, for replay a path."""

    def __str__(self) -> str:
        return f"{self.backend}:{self.model}"


def provider_and_model(tier: Tier) -> tuple[str, str]:
    """Return the provider and the model of a tier; the provider is empty where it is not known."""
    provider, slash, model = tier.model.partition("/")
    return (provider, model) if slash else (_PROVIDERS.get(tier.backend, ""), tier.model)


def parse_tier(text: str) -> Tier:
    """Read a tier string; the backend is opencode where none is named.

    A colon may be part of the model's name (``ollama/qwen3:30b``): a backend stands before the first slash.
    """
    head, colon, rest = text.partition(":")
    backend, model = (head, rest) if colon and "/" not in head else (DEFAULT_BACKEND, text)
    if not _BACKEND.fullmatch(backend) or not model.strip() or model != model.strip():
        raise ConfigError(
            f"'{text}' is not a tier", hint="write backend:provider/model, as in 'opencode:anthropic/claude-sonnet-4-5'"
        )
    return Tier(backend=backend, model=model)
