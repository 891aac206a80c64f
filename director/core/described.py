"""JSON Schemas in which a field is described by the string under it.

pydantic can read these strings too, but it parses the source of each model for it as soon as the model is made: that
takes longer than everything else that director does before it begins.
"""

import ast
import inspect
from itertools import pairwise
from textwrap import dedent
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from director.core.model import Model


class DescribedSchema(GenerateJsonSchema):
    """Generates a schema with the strings under the fields."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Return the schema of a model, each of its properties described."""
        made = super().model_schema(schema)
        properties: dict[str, Any] = made.get("properties", {})
        for name, text in _descriptions(schema["cls"]).items():
            if name in properties:
                properties[name].setdefault("description", text)
        return made


def _descriptions(model: type[Any]) -> dict[str, str]:
    """Return the string under each field of a model and of those that it is made from."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, Model) and base is not Model:
            found |= _strings_under_fields(base)
    return found


def _strings_under_fields(model: type[Any]) -> dict[str, str]:
    try:
        source = inspect.getsource(model)
    except OSError:  # an installation without sources
        return {}
    (definition,) = ast.parse(dedent(source)).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(under.value.value)
        for field, under in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(under, ast.Expr)
        and isinstance(under.value, ast.Constant)
        and isinstance(under.value.value, str)
    }
