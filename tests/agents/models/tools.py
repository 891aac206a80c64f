"""The tools of each program, so that a script can say what it wants and not how.

A program is known by the tool with which it reads a file; where that is not offered, by the API that it speaks.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.agents.models.api import Question, Reply
from tests.agents.models.scripts import Answer, Message, ReadFile, RunCommand, ToolCall, Wish, WriteFile

STRUCTURED = ("StructuredOutput", "structured_output")
"""Tools by which programs take a reply that has to fit a schema."""


@dataclass(frozen=True)
class Toolbox:
    """The tools of one program."""

    write: Callable[[WriteFile], ToolCall]
    run: Callable[[RunCommand], ToolCall]
    read: Callable[[ReadFile], ToolCall]

    def call_for(self, wish: Wish) -> ToolCall:
        """Say a wish in the words of the program."""
        match wish:
            case WriteFile():
                return self.write(wish)
            case RunCommand():
                return self.run(wish)
            case ReadFile():
                return self.read(wish)


def _toolbox(write: str, run: str, read: str, *, path: str) -> Toolbox:
    """Describe a program whose tools differ from others only in names; `path` is how the path is called."""
    return Toolbox(
        write=lambda wish: ToolCall(write, {path: wish.path, "content": wish.content}),
        run=lambda wish: ToolCall(run, {"command": wish.command, "description": "Runs a command"}),
        read=lambda wish: ToolCall(read, {path: wish.path}),
    )


def _patch(wish: WriteFile) -> str:
    lines = "".join(f"+{line}\n" for line in wish.content.splitlines())
    return f"*** Begin Patch\n*** Add File: {wish.path}\n{lines}*** End Patch\n"


def _shell(command: str) -> ToolCall:
    return ToolCall("exec_command", {"cmd": command})


OPENCODE = _toolbox("write", "bash", "read", path="filePath")
PI = _toolbox("write", "bash", "read", path="path")
CLAUDE = _toolbox("Write", "Bash", "Read", path="file_path")
GEMINI = _toolbox("write_file", "run_shell_command", "read_file", path="file_path")
CODEX = Toolbox(
    write=lambda wish: _shell(f"apply_patch <<'PATCH'\n{_patch(wish)}PATCH"),
    run=lambda wish: _shell(wish.command),
    read=lambda wish: _shell(f"cat '{wish.path}'"),
)
_BY_READER: Sequence[tuple[str, str, Toolbox]] = (
    ("read", "filePath", OPENCODE),
    ("read", "path", PI),
    ("Read", "file_path", CLAUDE),
    ("read_file", "file_path", GEMINI),
)


def toolbox_of(question: Question, otherwise: Toolbox) -> Toolbox:
    """Return the tools of the program that asks."""
    fitting = (
        toolbox for reader, path, toolbox in _BY_READER if path in question.tools.get(reader, {}).get("properties", {})
    )
    return next(fitting, otherwise)


def reply_to(question: Question, answer: Answer, toolbox: Toolbox) -> Reply:
    """Make what is sent from what a script answered."""
    if not isinstance(answer, str):
        calls = [wish if isinstance(wish, ToolCall) else toolbox.call_for(wish) for wish in answer]
        return Reply(question.model, calls=calls)
    taker = question.forced_tool or next((name for name in STRUCTURED if name in question.tools), None)
    if taker and (value := _json_object(answer)) is not None and not _was_used(taker, question.messages):
        return Reply(question.model, calls=[ToolCall(taker, value)])
    return Reply(question.model, text=answer)


def _json_object(text: str) -> Mapping[str, object] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _was_used(tool: str, messages: Sequence[Message]) -> bool:
    """Tell whether the tool was used since the user said something."""
    for message in reversed(messages):
        if message["role"] == "user":
            return False
        if tool in message.get("used", ()):
            return True
    return False
