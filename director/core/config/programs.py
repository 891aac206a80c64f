"""Programs of the user's own: how the backend `command` starts one and reads what it says."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from director.core.model import Model

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
PLACEHOLDERS = ("prompt_file", "system_file", "schema_file", "text_file", "directory", "model", "role")
_SHELLS = frozenset({"bash", "dash", "fish", "ksh", "sh", "zsh"})
Meaning = Literal["done", "error", "rate_limited", "refused"]


def _argv(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what can never be started, or would not be what it says."""
    if not argv:
        raise ValueError("it is empty: begin with the name of the program")
    if unknown := [name for part in argv for name in PLACEHOLDER.findall(part) if name not in PLACEHOLDERS]:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise ValueError(f"there is no placeholder '{{{unknown[0]}}}': write one of {known}")
    if PLACEHOLDER.search(argv[0]):
        raise ValueError("the program itself cannot be a placeholder: name it")
    if PurePath(argv[0]).name in _SHELLS and any(PLACEHOLDER.search(script) for script in _scripts(argv)):
        raise ValueError(
            'a placeholder would become a part of a shell script: write "$1", and the placeholder after it'
        )
    return argv


def _scripts(argv: Sequence[str]) -> list[str]:
    """Return the arguments that a shell would read as a script."""
    return [part for option, part in pairwise(argv[1:]) if re.fullmatch(r"-[a-z]*c[a-z]*", option)]


def _pointer(text: str) -> str:
    if not re.fullmatch(r"(/([^~/]|~[01])*)+", text):
        raise ValueError(f"'{text}' is no place in a JSON value: write one like '/usage/input_tokens'")
    return text


def _text_place(text: str) -> str:
    if text not in ("stdout", "file") and not text.startswith("/"):
        raise ValueError(
            f"'{text}' is no place of an answer: write 'stdout', 'file', or one in the JSON like '/result'"
        )
    return _pointer(text) if text.startswith("/") else text


def _statuses(meanings: dict[str, Meaning]) -> dict[str, Meaning]:
    if odd := [status for status in meanings if not re.fullmatch(r"-?\d{1,3}", status)]:
        raise ValueError(f"'{odd[0]}' is no exit status: write a number, negative for a signal")
    return meanings


Argv = Annotated[tuple[str, ...], AfterValidator(_argv)]
Pointer = Annotated[str, AfterValidator(_pointer)]
"""A place in a JSON value: https://www.rfc-editor.org/rfc/rfc6901."""
TextPlace = Annotated[str, AfterValidator(_text_place)]


class UsagePointers(Model):
    """Where the program's JSON says how many tokens it used, such as `/usage/input_tokens`."""

    input: Pointer | None = None
    """Input tokens."""
    cached_input: Pointer | None = None
    """Input tokens read from the provider's cache."""
    cache_write: Pointer | None = None
    """Input tokens written to it."""
    output: Pointer | None = None
    """Output tokens."""
    reasoning: Pointer | None = None
    """The part of the output that was reasoning."""
    input_includes_cached: bool = False
    """Whether what is told as input holds the cached tokens, too."""


class CommandProgram(Model):
    """A program that the backend `command` starts once for each call, for tiers `command:<name>/MODEL`."""

    argv: Argv
    """The program and its arguments, each with any of the placeholders {prompt_file}, {system_file}, {schema_file},
    {text_file}, {directory}, {model}, {role}."""
    stdin: Literal["prompt", "none"] = "prompt"
    """What comes by standard input."""
    text: TextPlace = "stdout"
    """Where the answer is: `stdout`, `file` (which the program writes at {text_file}), or a place in its JSON such as
    `/result`."""
    usage: UsagePointers = UsagePointers()
    cost: Pointer | None = None
    """Where the JSON says what the call cost in US dollars."""
    error: Pointer | None = None
    """Where the JSON says what went wrong; null, false, or nothing there means that all is well."""
    exit_codes: Annotated[dict[str, Meaning], AfterValidator(_statuses)] = Field(default_factory=dict)
    """What exit statuses mean, such as {75 = "rate_limited"}. Default: 0 is done, every other one an error."""
    rate_limit_words: tuple[str, ...] = ()
    """Further words of an error by which a rate limit is known."""
    env: tuple[str, ...] = ()
    """Names of the keys and other secret variables that the program may see."""
    writes: bool = True
    """Whether it may play the roles that edit and run."""

    @model_validator(mode="after")
    def _reaches_the_program(self) -> Self:
        used = {name for part in self.argv for name in PLACEHOLDER.findall(part)}
        if self.stdin == "none" and "prompt_file" not in used:
            raise ValueError('nothing brings the prompt: write {prompt_file} into argv, or stdin = "prompt"')
        if (self.text == "file") != ("text_file" in used):
            raise ValueError('text = "file" and {text_file} in argv go together: write both or neither')
        return self
