"""The JSON Schemas of what director writes for other programs and people; published as schemas/NAME.schema.json."""

import json

from director.core.bench.summary import BenchSummary
from director.core.cassette import Cassette
from director.core.model import Model

SCHEMAS: dict[str, type[Model]] = {
    "bench-summary": BenchSummary,
    "cassette": Cassette,
}
"""What is published, by name."""


def schema_text(name: str) -> str:
    """Return schemas/NAME.schema.json, made from the model."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **SCHEMAS[name].model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
