"""Roles, and what each may do."""

from enum import StrEnum


class Role(StrEnum):
    """Who is asked."""

    EXPLORER = "explorer"
    BRAINSTORM = "brainstorm"
    PLANNER = "planner"
    TEST_AUTHOR = "test_author"
    EXECUTOR = "executor"
    ESCALATION = "escalation"
    REVIEWER = "reviewer"


class Permission(StrEnum):
    """What a role may do in its directory."""

    READ = "read"
    """Read, list and search files."""
    EDIT = "edit"
    """Create, change and delete files."""
    RUN = "run"
    """Run shell commands."""


class Output(StrEnum):
    """Which JSON object an answer is to be; `director.core.replies` has the forms."""

    PLAN = "plan"
    CRITIQUE = "critique"
    REVIEW = "review"
