"""Mask secrets: the values of the environment's secret variables, and what looks like a token or a private key."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from director.core.cassette import Binary, Content, Entry, Link

MIN_LENGTH = 8
"""A shorter value is part of too many other words to be masked."""
_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----"
    r"|\bsk-(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{20,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{22,}|\bglpat-[\w-]{20,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bnpm_[A-Za-z0-9]{36}|\bpypi-[\w-]{50,}|\bhf_[A-Za-z0-9]{30,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
    r"|(?<=[Bb]earer )[\w.~+/-]{20,}=*"
    r"|(?<=://)[^\s/:@'\"]+:[^\s/:@'\"]+(?=@)",
    re.DOTALL,
)


class Mask:
    """Takes secrets out of texts; what stands in their place says what they were."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """`secrets` are values by the name that is shown in place of them."""
        self._names = {form: name for name, value in secrets.items() for form in _forms(value)}
        longest_first = sorted(self._names, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, text: str) -> str:
        """Return a text without secrets."""
        known = self._values.sub(lambda found: f"[masked: {self._names[found[0]]}]", text)
        return _SHAPES.sub("[masked]", known)

    def everywhere(self, value: Any) -> Any:
        """Return a JSON value without secrets in its strings; keys stay."""
        match value:
            case str():
                return self(value)
            case dict():
                return {key: self.everywhere(item) for key, item in value.items()}
            case list() | tuple():
                return [self.everywhere(item) for item in value]
            case _:
                return value

    def entry(self, entry: Entry) -> Entry:
        """Return an entry without secrets, which says where there were some.

        A file that would be broken by it, for it is not text, is left out and named.
        """
        events = tuple(event.model_copy(update={"detail": self(event.detail)}) for event in entry.events)
        update: dict[str, Any] = {"text": self(entry.text), "detail": self(entry.detail), "events": events}
        if entry.prompt:
            update["prompt"] = entry.prompt.model_copy(update={"text": self(entry.prompt.text)})
        kept = {path: content for path, content in entry.files.items() if self._can_show(path, content)}
        update["files"] = {path: self._content(content) for path, content in kept.items()}
        if entry.executable is not None:
            update["executable"] = tuple(path for path in entry.executable if path in kept)
        update["left_out"] = (*entry.left_out, *(self(path) for path in entry.files if path not in kept))
        return entry.model_copy(update=update | {"masked": tuple(_differing(entry, update))})

    def _can_show(self, path: str, content: Content) -> bool:
        bytes_as_text = content.data.decode("latin-1") if isinstance(content, Binary) else ""
        return self(path) == path and self(bytes_as_text) == bytes_as_text

    def _content(self, content: Content) -> Content:
        match content:
            case str():
                return self(content)
            case Link(link=target):
                return Link(link=self(target))
            case _:
                return content


def _forms(value: str) -> set[str]:
    """Return how a value may be written: as it is, in JSON, in an address."""
    if len(value.strip()) < MIN_LENGTH:
        return set()
    return {value.strip(), json.dumps(value.strip())[1:-1], quote(value.strip(), safe="")}


def _differing(entry: Entry, update: Mapping[str, Any]) -> Iterable[str]:
    yield from (
        name
        for name in ("text", "detail", "events", "prompt")
        if update.get(name, getattr(entry, name)) != getattr(entry, name)
    )
    yield from (path for path, content in update["files"].items() if content != entry.files[path])
