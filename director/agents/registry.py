"""Backends by name: entry points of the group `director.backends`."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

from director.agents.protocol import Backend, Surroundings
from director.core.errors import ConfigError

GROUP = "director.backends"


def backend_names() -> list[str]:
    """Return the names of all backends that are installed."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def find_backend(name: str) -> Callable[[Surroundings], Backend]:
    """Return the class of a backend. Raises ConfigError with the names there are, or if it cannot be imported."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise ConfigError(
            f"there is no backend '{name}' (installed: {known})",
            hint="mend the tier in config.toml, or install the package that brings the backend",
        )
    return _load(found[name])


def _load(point: EntryPoint) -> Callable[[Surroundings], Backend]:
    try:
        backend: Callable[[Surroundings], Backend] = point.load()
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"the backend '{point.name}' needs the Python module '{error.name}', which is not installed",
            hint=f"install what it needs: pip install '{_wanted(point)}'",
        ) from error
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"the backend '{point.name}' cannot be imported: {error}",
            hint=f"'{point.value}' is what its package names as the entry point",
        ) from error
    return backend


def _wanted(point: EntryPoint) -> str:
    """Return what is to be installed: an extra that is called like the backend brings what only the backend needs."""
    package = point.dist.name if point.dist else point.module.partition(".")[0]
    extras = point.dist.metadata.get_all("Provides-Extra") or [] if point.dist else []
    return f"{package}[{point.name}]" if point.name in extras else package
