"""The configuration's models in words: which keys there are, and what each may hold."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pydantic import Field

from director.core.config.settings import Config
from director.core.described import DescribedSchema
from director.core.model import Model

Schema = dict[str, Any]
"""A JSON Schema, or a part of one."""
_BOUNDS = {"exclusiveMinimum": "greater than", "minimum": "at least", "maximum": "at most"}


class Key(Model):
    """One key of a table."""

    name: str
    accepts: str
    """What it may hold."""
    default: str
    """In Markdown; `required` where there is none, empty where the description says it."""
    description: str


class Section(Model):
    """One table of the configuration file."""

    name: str
    """Its header, such as `limits` or `backends.<name>`."""
    description: str
    keys: tuple[Key, ...] = Field(default=())
    """Empty where the user chooses the keys."""
    accepts: str = ""
    """What each key may hold where the user chooses the keys."""


def sections() -> list[Section]:
    """Return every table of the configuration in order."""
    return [section for name, schema in _schema()["properties"].items() for section in _sections(name, schema)]


def known_keys(place: Sequence[str]) -> list[str]:
    """Return the keys that the table at a place may have; none where the user chooses them."""
    table = _at(place)
    return list(table.get("properties") or _resolved(table.get("propertyNames", {})).get("enum", ()))


def accepted(place: Sequence[str]) -> str:
    """Say what may stand at a place, such as `a whole number greater than 0`."""
    return _words(_at(place))


@cache
def _schema() -> Schema:
    return Config.model_json_schema(schema_generator=DescribedSchema)


def _at(place: Sequence[str]) -> Schema:
    schema = _schema()
    for part in place:
        schema = _resolved(schema)
        inner = schema.get("properties", {}).get(part, schema.get("additionalProperties"))
        schema = inner if isinstance(inner, dict) else {}
    return _resolved(schema)


def _resolved(schema: Schema) -> Schema:
    """Follow a reference, and take what a value is when it is not null."""
    if "$ref" in schema:
        return dict(_schema()["$defs"][schema["$ref"].rpartition("/")[2]])
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    return _resolved(options[0]) if options else schema


def _words(schema: Schema) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    match schema.get("type"):
        case "boolean":
            return "true or false"
        case "integer" | "number" as kind:
            return " ".join(["a whole number" if kind == "integer" else "a number", *_bounds(schema)])
        case "array":
            return "a list of strings"
        case "object":
            return "a table"
        case _:
            return "a string"


def _bounds(schema: Schema) -> list[str]:
    bounds = [f"{words} {schema[name]:g}" for name, words in _BOUNDS.items() if name in schema]
    return [" and ".join(bounds)] if bounds else []


def _sections(name: str, schema: Schema) -> Iterator[Section]:
    """Yield the section of a table, and those of the tables in it whose keys are known."""
    section, table = _section(name, schema), _resolved(schema)
    yield section
    for key, inner in _row(table).get("properties", {}).items():
        if "properties" in _row(_resolved(inner)):
            yield from _sections(f"{section.name}.{key}", inner)


def _row(table: Schema) -> Schema:
    """Return the table whose keys are known: the one of each name where the user chooses the names."""
    inner = table.get("additionalProperties")
    return _resolved(inner) if isinstance(inner, dict) else table


def _section(name: str, schema: Schema) -> Section:
    table = _resolved(schema)
    if "properties" in table:
        return Section(name=name, description=table["description"], keys=_keys(table))
    inner = _resolved(table["additionalProperties"])
    names = _words(_resolved(table["propertyNames"])) if "propertyNames" in table else ""
    said = [table.get("description", ""), inner.get("description", ""), f"`<name>` is {names}." if names else ""]
    description = " ".join(text for text in said if text)
    if "properties" in inner:
        return Section(name=f"{name}.<name>", description=description, keys=_keys(inner))
    return Section(name=name, description=description, accepts=_words(inner))


def _keys(table: Schema) -> tuple[Key, ...]:
    required = table.get("required", ())
    return tuple(
        Key(
            name=name,
            accepts=_words(_resolved(schema)),
            default="required" if name in required else _default(schema),
            description=" ".join((schema.get("description") or _resolved(schema)["description"]).split()),
        )
        for name, schema in table["properties"].items()
    )


def _default(schema: Schema) -> str:
    match schema.get("default"):
        case None | dict():
            return ""
        case bool() as value:
            return f"`{value}`".lower()
        case value:
            return f"`{value}`"
