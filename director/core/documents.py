"""What changed between two versions of a document, for somebody who knows one of them."""

from difflib import unified_diff

MAX_LINES = 20_000
"""Longer documents are not compared: that could take minutes, and nobody reads it."""


def difference(name: str, before: str, after: str) -> str:
    """Return a unified diff; empty if nothing changed, and only that something did if the documents are too long."""
    if before == after:
        return ""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > MAX_LINES:
        return f"{name} changed; it is too long to be compared"
    return "\n".join(unified_diff(old, new, f"{name} as it was", f"{name} as it is", lineterm=""))
