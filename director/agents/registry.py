"""Backends by name: entry points of the group `director.backends`."""

from collections.abc import Callable
from importlib.metadata import entry_points

from director.agents.protocol import Backend, Surroundings
from director.core.errors import ConfigError

GROUP = "director.backends"


def find_backend(name: str) -> Callable[[Surroundings], Backend]:
    """Return the class of a backend. Raises ConfigError with the names there are."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise ConfigError(
            f"there is no backend '{name}' (installed: {known})",
            hint="mend the tier in config.toml, or install the package that brings the backend",
        )
    backend: Callable[[Surroundings], Backend] = found[name].load()
    return backend
