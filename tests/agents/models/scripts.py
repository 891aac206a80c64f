"""What a model says: scripts that see a conversation and decide the answer, whichever API carries it.

Every API's conversation is read into messages of the shape of OpenAI chat (`role`, `content`), so that one script
serves all programs.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]


@dataclass(frozen=True)
class ToolCall:
    """A tool of one program that the model wants to be used."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class WriteFile:
    """A file that the model wants to be written, with whatever tool the program has."""

    path: str
    content: str


@dataclass(frozen=True)
class RunCommand:
    """A shell command that the model wants to be run, with whatever tool the program has."""

    command: str


@dataclass(frozen=True)
class ReadFile:
    """A file that the model wants to be read, with whatever tool the program has."""

    path: str


Wish = WriteFile | RunCommand | ReadFile
Answer = str | Sequence[ToolCall | Wish]
Script = Callable[[Sequence[Message], Sequence[str]], Answer]
"""Decides an answer from the messages and the names of the offered tools: the final text, or tools to use.

A text that is a JSON object is given through the tool for structured output where the program offers one.
"""

write_file = WriteFile
run_command = RunCommand
read_file = ReadFile


def text_of(message: Message) -> str:
    """Return the text of a message, whichever way it is written."""
    content: str | list[dict[str, str]] = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def system_of(messages: Sequence[Message]) -> str:
    """Return the system prompt."""
    return "\n".join(text_of(message) for message in messages if message["role"] in ("system", "developer"))


def prompt_of(messages: Sequence[Message]) -> str:
    """Return the last thing that the user said."""
    return next((text_of(message) for message in reversed(messages) if message["role"] == "user"), "")


def results_of(messages: Sequence[Message]) -> list[str]:
    """Return what the tools answered, in order."""
    return [text_of(message) for message in messages if message["role"] == "tool"]


def in_turn(*answers: Answer) -> Script:
    """Give one answer after the other, the last one for ever."""

    def script(messages: Sequence[Message], tools: Sequence[str]) -> Answer:
        given = len([message for message in messages if message["role"] == "assistant"])
        return answers[min(given, len(answers) - 1)]

    return script


def by_pattern(*cases: tuple[str, Script]) -> Script:
    """Let the first case answer whose pattern is found in the system prompt or in what the user said."""

    def script(messages: Sequence[Message], tools: Sequence[str]) -> Answer:
        said = system_of(messages) + "\n" + prompt_of(messages)
        chosen = next((script for pattern, script in cases if re.search(pattern, said)), None)
        return chosen(messages, tools) if chosen else "No script fits this prompt."

    return script
