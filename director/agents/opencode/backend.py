"""The backend `opencode`: by a server for all calls, or by one process for each, as the configuration says."""

from director.agents.opencode.run import OpenCodeRun
from director.agents.opencode.serve import OpenCodeServe
from director.agents.protocol import Backend, Surroundings


def opencode(surroundings: Surroundings) -> Backend:
    """Return the backend in the configured mode. Raises ConfigError for a mode that there is not."""
    return OpenCodeRun(surroundings) if surroundings.options.mode == "run" else OpenCodeServe(surroundings)
