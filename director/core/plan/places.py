"""Where things stand in the text of plan.json, which a person may have written in any style."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator

_DECODER = json.JSONDecoder()
_BLANKS = " \t\r\n"


class PlanText:
    """The text of a plan that can be built, asked for the places of its nodes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        nodes = dict(members(text, past_blanks(text, 0)))["nodes"]
        self._nodes = {_id_at(text, start): start for start in elements(text, nodes)}

    def field(self, node: str, field: str) -> int | None:
        """Return where the value of a node's field starts; None for a node or a field that there is not."""
        start = self._nodes.get(node)
        return None if start is None else dict(members(self._text, start)).get(field)

    def line(self, node: str, field: str = "") -> int | None:
        """Return the line, from 1, of a node's field, or of the node where the field is left out."""
        place = self.field(node, field)
        place = self._nodes.get(node) if place is None else place
        return None if place is None else bisect_left(self._breaks, place) + 1


def members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield each key of an object and where its value starts."""
    for place in elements(text, start):
        key, end = _DECODER.raw_decode(text, place)
        yield key, past_blanks(text, past_blanks(text, end) + 1)


def elements(text: str, start: int) -> Iterator[int]:
    """Yield where each element of an array, or each key of an object, starts."""
    is_object = text[start] == "{"
    at = past_blanks(text, start + 1)
    while text[at] not in "]}":
        yield at
        at = past_blanks(text, end_of(text, at))
        if is_object:
            at = past_blanks(text, end_of(text, past_blanks(text, at + 1)))
        if text[at] == ",":
            at = past_blanks(text, at + 1)


def end_of(text: str, start: int) -> int:
    """Return where the value that starts here ends."""
    end: int = _DECODER.raw_decode(text, start)[1]
    return end


def past_blanks(text: str, at: int) -> int:
    """Return the next place that is not blank."""
    while text[at] in _BLANKS:
        at += 1
    return at


def _id_at(text: str, start: int) -> str:
    return str(_DECODER.raw_decode(text, dict(members(text, start))["id"])[0])
