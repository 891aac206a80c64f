"""Read plan.json."""

from pathlib import Path

from director.artifacts.files import read_text
from director.core.errors import ConfigError
from director.core.plan.node import Plan
from director.core.plan.validation import parse_plan


def read_plan(path: Path) -> Plan:
    """Read plan.json as it stands. Raises PlanError with every problem."""
    text = read_text(path)
    if text is None:
        raise ConfigError(f"'{path}' is missing", hint="have it made with 'director plan'")
    return parse_plan(text, source=str(path))
