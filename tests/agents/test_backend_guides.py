"""The examples in docs/backends are configurations that can be used."""

import re
import tomllib
from pathlib import Path

import pytest

from director.agents.protocol import Surroundings
from director.agents.registry import find_backend
from director.core.config.settings import BackendOptions, Config
from director.core.roles import Role

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "backends"
EXAMPLES = [
    (guide.stem, text)
    for guide in sorted(GUIDES.glob("*.md"))
    if guide.stem != "your-own"  # its example is a package, which test_backend_guide.py installs
    for text in re.findall(r"^```toml\n(.*?)^```", guide.read_text(), re.MULTILINE | re.DOTALL)
]


def test_every_guide_has_an_example() -> None:
    assert {name for name, _ in EXAMPLES} == {guide.stem for guide in GUIDES.glob("*.md")} - {"your-own"}


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_an_example_can_be_used(name: str, text: str, tmp_path: Path) -> None:
    written = tomllib.loads(text)
    tiers = {"planner": f"{name}:x", "executor": f"{name}:x", **written.get("tiers", {})}

    config = Config.model_validate({**written, "tiers": tiers})

    assert {config.tier(role).backend for role in Role} == {name}
    find_backend(name)(Surroundings(config.backends.get(name, BackendOptions()), tmp_path, tmp_path, dict))
