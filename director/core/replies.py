"""What planners and reviewers must answer: one JSON object, nothing repaired by guessing."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import ValidationError

from director.core.described import DescribedSchema
from director.core.errors import ReplyError
from director.core.model import Model
from director.core.plan.node import Node
from director.core.problems import describe_problems
from director.core.roles import Output
from director.core.strictjson import read_json

ReplyModel = TypeVar("ReplyModel", bound=Model)
_FENCED = re.compile(r"\A```(?:json)?[ \t]*\r?\n(.*?)\r?\n```\Z", re.DOTALL)


class Verdict(StrEnum):
    """The judgement of a critique."""

    APPROVE = "approve"
    REVISE = "revise"


class Critique(Model):
    """A critique of spec.md or plan.json, with the revision where one is needed."""

    verdict: Verdict
    problems: tuple[str, ...] = ()
    revised: str = ""
    """The whole revised file; required with `revise`."""


class Severity(StrEnum):
    """How bad a finding is; only a critical one re-opens a node."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class Finding(Model):
    """One finding of a review."""

    severity: Severity
    message: str
    file: str = ""
    line: int | None = None


class ReviewReply(Model):
    """The answer of a reviewer."""

    findings: tuple[Finding, ...] = ()
    summary: str = ""


class PlanReply(Model):
    """The answer of a planner that cuts a spec into nodes."""

    nodes: tuple[Node, ...]


_FORMS: Mapping[Output, type[Model]] = {
    Output.PLAN: PlanReply,
    Output.CRITIQUE: Critique,
    Output.REVIEW: ReviewReply,
}


def reply_schema(output: Output) -> dict[str, Any]:
    """Return the JSON Schema of an answer in the dialect that every provider takes.

    Every field is required and nothing else is allowed: providers that hold a model to a schema insist on both.
    """
    schema: dict[str, Any] = _strict(_FORMS[output].model_json_schema(schema_generator=DescribedSchema))
    return schema


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _strict(value) for name, value in schema.items() if name not in ("default", "title")}
    if "properties" in schema:
        fields = {name: _strict(value) for name, value in schema["properties"].items()}
        kept |= {"properties": fields, "required": list(fields), "additionalProperties": False}
    return kept


def parse_reply(text: str, model: type[ReplyModel]) -> ReplyModel:
    """Read a reply that must be exactly one JSON object.

    One Markdown fence around the whole object is allowed: programs add it. Everything else is an error that lists
    all problems.
    """
    try:
        value = read_json(strip_fence(text))
    except ValueError as error:
        raise ReplyError(f"the reply is not one JSON object: {error}") from error
    if not isinstance(value, dict):
        raise ReplyError(f"the reply is not one JSON object: it is a {type(value).__name__}")
    try:
        return model.model_validate_json(json.dumps(value))
    except ValidationError as error:
        problems = "".join(f"\n- {problem}" for problem in describe_problems(error))
        raise ReplyError(f"the reply does not fit:{problems}") from error


def strip_fence(text: str) -> str:
    """Return a reply without the Markdown fence around the whole of it."""
    body = text.strip()
    fenced = _FENCED.match(body)
    return fenced.group(1) if fenced else body
