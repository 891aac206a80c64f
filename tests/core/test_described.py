"""Fields are described by the strings under them, when a schema is made and not before."""

from pydantic import Field

from director.core.described import DescribedSchema
from director.core.model import Model


class Inner(Model):
    """A part."""

    size: int = 0
    """How large it is,
    in bytes."""


class Outer(Inner):
    """A whole."""

    inner: Inner = Inner()
    """What is inside."""
    own: str = Field(default="", description="Said elsewhere.")
    """Not read."""
    plain: str = ""


def test_a_field_is_described_by_the_string_under_it() -> None:
    properties = Outer.model_json_schema(schema_generator=DescribedSchema)["properties"]

    assert properties["inner"]["description"] == "What is inside."
    assert properties["own"]["description"] == "Said elsewhere."
    assert "description" not in properties["plain"]


def test_fields_of_a_base_and_of_a_part_are_described_too() -> None:
    schema = Outer.model_json_schema(schema_generator=DescribedSchema)

    assert schema["properties"]["size"]["description"] == "How large it is,\nin bytes."
    assert schema["$defs"]["Inner"]["properties"]["size"]["description"] == "How large it is,\nin bytes."
