"""What an agent is allowed when it asks: what its role may do, and only in the directory of the call."""

from collections.abc import Sequence
from pathlib import Path

from acp.schema import AllowedOutcome, DeniedOutcome, PermissionOption, RequestPermissionResponse

from director.agents.acp.messages import Session, Tool
from director.core.roles import Permission

READ_ONLY_MODES = ("read-only", "default")
"""Modes in which known agents change nothing, or nothing unasked, the better first; Codex has a real one."""
ASKING_MODES = ("default",)
"""Modes in which known agents ask before they change anything: Claude Code's own default now decides by itself."""


def is_allowed(tool: Tool, permissions: frozenset[Permission], directory: Path) -> bool:
    """Tell whether a role may use a tool; where a command may reach to, nobody can tell."""
    if tool.needs not in permissions:
        return False
    return tool.needs is Permission.RUN or all(_is_inside(directory, path) for path in tool.paths)


def answer(options: Sequence[PermissionOption], *, allowed: bool) -> RequestPermissionResponse:
    """Choose the answer for this once: an agent may keep any other one for longer than the call."""
    wanted = ("allow_once",) if allowed else ("reject_once", "reject_always")
    found = [option for kind in wanted for option in options if option.kind == kind]
    if not found:
        return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
    return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=found[0].option_id))


def mode_for(session: Session, permissions: frozenset[Permission]) -> str:
    """Return the mode of a session that fits a role best; empty where the agent's own has to do."""
    wanted = ASKING_MODES if permissions & {Permission.EDIT, Permission.RUN} else READ_ONLY_MODES
    return next((mode for mode in wanted if mode in session.offered("mode")), "")


def _is_inside(directory: Path, path: str) -> bool:
    try:
        return (directory / path).resolve().is_relative_to(directory.resolve())
    except (OSError, ValueError, RuntimeError):  # a path that cannot be one: a null byte, links in a circle
        return False
