"""Further files for a node, put into the text of plan.json so that all the rest of it stays as it was written."""

import json
from collections.abc import Sequence

from director.core.plan.places import PlanText, elements, end_of


def widened(text: str, node: str, paths: Sequence[str]) -> str:
    """Return the text of a plan in which a node has further `files`.

    The text is a plan that can be built, and the node one of it: then it has at least one file already.
    """
    place = PlanText(text).field(node, "files")
    assert place is not None, f"'{node}' has no files"
    files = list(elements(text, place))
    end = end_of(text, files[-1])
    blanks = text[len(text[: files[-1]].rstrip(" \t\r\n")) : files[-1]]
    separator = "," + (blanks if "\n" in blanks else " ")
    return text[:end] + "".join(separator + json.dumps(path, ensure_ascii=False) for path in paths) + text[end:]
