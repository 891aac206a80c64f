"""Further files for a node, put into the text of plan.json so that all the rest of it stays as it was written."""

import json
from collections.abc import Iterator, Sequence

_DECODER = json.JSONDecoder()
_BLANKS = " \t\r\n"


def widened(text: str, node: str, paths: Sequence[str]) -> str:
    """Return the text of a plan in which a node has further `files`.

    The text is a plan that can be built, and the node one of it: then it has at least one file already.
    """
    nodes = dict(_members(text, _past(text, 0)))["nodes"]
    start = next(start for start in _elements(text, nodes) if _id_at(text, start) == node)
    files = list(_elements(text, dict(_members(text, start))["files"]))
    end = _end(text, files[-1])
    blanks = text[len(text[: files[-1]].rstrip(_BLANKS)) : files[-1]]
    separator = "," + (blanks if "\n" in blanks else " ")
    return text[:end] + "".join(separator + json.dumps(path, ensure_ascii=False) for path in paths) + text[end:]


def _id_at(text: str, start: int) -> object:
    return _DECODER.raw_decode(text, dict(_members(text, start))["id"])[0]


def _members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield each key of an object and where its value starts."""
    for place in _elements(text, start):
        key, end = _DECODER.raw_decode(text, place)
        yield key, _past(text, _past(text, end) + 1)


def _elements(text: str, start: int) -> Iterator[int]:
    """Yield where each element of an array, or each key of an object, starts."""
    is_object = text[start] == "{"
    at = _past(text, start + 1)
    while text[at] not in "]}":
        yield at
        at = _past(text, _end(text, at))
        if is_object:
            at = _past(text, _end(text, _past(text, at + 1)))
        if text[at] == ",":
            at = _past(text, at + 1)


def _end(text: str, start: int) -> int:
    end: int = _DECODER.raw_decode(text, start)[1]
    return end


def _past(text: str, at: int) -> int:
    """Return the next place that is not blank."""
    while text[at] in _BLANKS:
        at += 1
    return at
