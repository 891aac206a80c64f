"""The example of docs/cassettes.md is a cassette."""

import re
from pathlib import Path

import yaml

from director.core.cassette import Cassette

GUIDE = Path(__file__).parents[2] / "docs" / "cassettes.md"


def test_the_example_of_the_guide_is_a_cassette() -> None:
    example = re.search(r"```yaml\n(version:.*?)```", GUIDE.read_text(), re.DOTALL)

    assert example
    cassette = Cassette.model_validate(yaml.safe_load(example[1]))
    assert [str(entry.role) for entry in cassette.calls] == ["test_author", "executor"]
