"""The published schemas are what the models say. To write one anew:

python -c "from director.report.schemas import *; print(schema_text('NAME'), end='')" > schemas/NAME.schema.json
"""

import json
from pathlib import Path

import pytest

from director.report.schemas import SCHEMAS, schema_text

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_published_schema_is_what_the_model_says(name: str) -> None:
    assert (PUBLISHED / f"{name}.schema.json").read_text(encoding="utf-8") == schema_text(name)


def test_every_published_schema_is_of_a_model() -> None:
    assert {path.name.removesuffix(".schema.json") for path in PUBLISHED.iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_is_published_says_what_it_is_and_which_version(name: str) -> None:
    schema = json.loads(schema_text(name))
    forms = [schema["$defs"][form["$ref"].rpartition("/")[2]] for form in schema.get("oneOf", ())] or [schema]

    assert schema["title"] and schema["description"]
    assert [form["properties"]["version"]["const"] for form in forms] == [1] * len(forms)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_page_on_records_names_every_schema(name: str) -> None:
    assert f"(../schemas/{name}.schema.json)" in (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
