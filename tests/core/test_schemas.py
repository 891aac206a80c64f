"""The published schemas are what the models say. To write one anew:

python -c "from director.core.schemas import *; print(schema_text('NAME'), end='')" > schemas/NAME.schema.json
"""

from pathlib import Path

import pytest

from director.core.schemas import SCHEMAS, schema_text

PUBLISHED = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_published_schema_is_what_the_model_says(name: str) -> None:
    assert (PUBLISHED / f"{name}.schema.json").read_text(encoding="utf-8") == schema_text(name)


def test_every_published_schema_is_of_a_model() -> None:
    assert {path.name.removesuffix(".schema.json") for path in PUBLISHED.iterdir()} == set(SCHEMAS)
