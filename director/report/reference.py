"""docs/configuration.md, made from the models."""

from jinja2 import Environment, StrictUndefined

from director.core.config.schema import sections
from director.prompts.templates import template_path


def config_reference() -> str:
    """Return docs/configuration.md, made from the models."""
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    template = template_path("configuration.md").read_text(encoding="utf-8")
    return environment.from_string(template).render(sections=sections())
