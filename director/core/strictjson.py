"""JSON as its standard has it: every key once in an object, and no NaN."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NoReturn

from director.core.words import quoted


def read_json(text: str) -> Any:
    """Return the value of a JSON text. Raises ValueError, in words, for every text that is not one."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _unique(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {quoted(twice)} stands twice in one object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
