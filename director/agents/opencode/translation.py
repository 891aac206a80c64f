"""Makes of a server's events the lines that `opencode run --format json` writes (events.py reads them)."""

import time
from typing import Any

from pydantic import Field

from director.agents.driving.loose import Loose


class Status(Loose):
    """What a session does."""

    type: str = ""
    """`busy`, `idle`, or `retry` where its provider is going to be asked again."""
    attempt: int = 0
    message: str = ""
    next: float = 0
    """Of a retry: when, in milliseconds since the epoch."""


class _Properties(Loose):
    session: str = Field(default="", alias="sessionID")
    part: dict[str, Any] = Field(default_factory=dict)
    error: dict[str, Any] = Field(default_factory=dict)
    status: Status = Status()


class ServerEvent(Loose):
    """One event of a server."""

    type: str
    properties: _Properties = Field(default_factory=_Properties)

    @property
    def session(self) -> str:
        """Return the session that it is about; empty for one that is about none."""
        return self.properties.session

    @property
    def status(self) -> Status | None:
        """Return what the session does from now on, where the event says so."""
        if self.type == "session.idle":
            return Status(type="idle")
        return self.properties.status if self.type == "session.status" else None

    @property
    def is_error(self) -> bool:
        """Tell whether the session met an error."""
        return self.type == "session.error"


def line_of(event: ServerEvent) -> dict[str, Any] | None:
    """Return the line that tells an event; None for one that a run does not tell."""
    told = _told(event)
    if told is None:
        return None
    kind, fields = told
    return {"type": kind, "timestamp": int(time.time() * 1000), "sessionID": event.session, **fields}


def _told(event: ServerEvent) -> tuple[str, dict[str, Any]] | None:
    match event.type:
        case "session.error":
            return "error", {"error": event.properties.error}
        case "session.status" if event.properties.status.type == "retry":
            return "retry", {"retry": event.properties.status.model_dump(exclude={"type"})}
        case "message.part.updated":
            kind = _kind(event.properties.part)
            return (kind, {"part": event.properties.part}) if kind else None
        case _:
            return None


def _kind(part: dict[str, Any]) -> str | None:
    """Return how a part is told once it is whole."""
    match part:
        case {"type": "step-start"}:
            return "step_start"
        case {"type": "step-finish"}:
            return "step_finish"
        case {"type": "tool", "state": {"status": "completed" | "error"}}:
            return "tool_use"
        case {"type": "text", "time": {"end": int() | float()}}:
            return "text"
        case _:
            return None
