"""Foreign formats: read without trust in their shape, what is not needed is ignored."""

import json
import math
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError


class Loose(BaseModel):
    """A part of a foreign format."""

    model_config = ConfigDict(extra="ignore", frozen=True)


Format = TypeVar("Format", bound=Loose)


def _amount(value: Any) -> Any:
    """Return 0 for what is no amount: programs write null, or less than nothing, where they cannot tell."""
    return value if isinstance(value, int | float) and math.isfinite(value) and value > 0 else 0


Tally = Annotated[int, BeforeValidator(lambda value: int(_amount(value)))]
Dollars = Annotated[float, BeforeValidator(_amount)]


def read_line(line: str | bytes, model: type[Format]) -> Format | None:
    """Read a line that holds one JSON value; None if it is nothing of this format.

    A killed program leaves half a line, and others may write to its output.
    """
    try:
        return model.model_validate(json.loads(line))
    except (ValueError, RecursionError, ValidationError):
        return None


def read_value(value: object, model: type[Format]) -> Format | None:
    """Read a part of a line; None if it is nothing of this format."""
    try:
        return model.model_validate(value)
    except ValidationError:
        return None
