"""The package of docs/backends/your-own.md works as it stands there, installed beside director."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from director.core.config.settings import Config
from tests.agents.model_server import ModelServer, by_pattern, in_turn
from tests.project import Project, call, node, unittest_of

GUIDE = Path(__file__).parents[2] / "docs" / "backends" / "your-own.md"
CONFIG = """\
[tiers]
planner = "words:loopback/planner"
explorer = "replay:.director/cassette.yaml"
test_author = "replay:.director/cassette.yaml"
executor = "replay:.director/cassette.yaml"

[backends.words.provider.loopback]
base_url = "{base_url}"

[pricing."words:loopback/planner"]
input = 5.0
output = 25.0
cached_input = 0.5
"""
NODES = [node("alpha")]
PLANNER = by_pattern(
    ("Turn this task into a specification", in_turn("# Spec\n\nA module.")),
    ("Criticise this", in_turn('{"verdict": "approve", "problems": []}')),
    ("Plan this specification as a graph", in_turn(json.dumps({"nodes": NODES}))),
    ("Answer with this one word", in_turn("ready")),
)


def files_of_the_guide() -> dict[str, str]:
    found = re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```\n", GUIDE.read_text(), re.DOTALL)
    return dict(found)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package of the guide, below a directory of PYTHONPATH, with what pip would write beside it."""
    site, files = tmp_path / "site", files_of_the_guide()
    project = tomllib.loads(files["pyproject.toml"])["project"]
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in named.items())
        for group, named in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(points))
    (site / "director_words.py").write_text(files["director_words.py"])
    monkeypatch.setenv("PYTHONPATH", str(site))
    return site


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer({"planner": PLANNER}) as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, installed: Path, server: ModelServer) -> Project:
    project = Project.create(tmp_path / "repository", NODES, config=CONFIG.format(base_url=server.base_url))
    project.calls = [call("explorer", "recon", "A README.")]
    project.set_call("test_author", "tests:alpha", {"files": {"test_alpha.py": unittest_of("alpha")}})
    return project


def test_a_job_is_planned_by_the_backend_of_the_guide(project: Project, server: ModelServer) -> None:
    planned = project.director("plan", "write a module", "--auto")

    assert planned.code == 0, planned.out + planned.err
    assert [entry["id"] for entry in project.read("plan.json")["nodes"]] == ["alpha"]
    by_words = [record for record in project.records("costs.jsonl") if record["tier"]["backend"] == "words"]
    assert [record["role"] for record in by_words] == ["brainstorm", "planner", "planner", "planner"]
    assert {tuple(record["usage"].values()) for record in by_words} == {(600, 400, 0, 50, 0)}
    assert by_words[0]["cost_usd"] == pytest.approx((600 * 5 + 400 * 0.5 + 50 * 25) / 1_000_000)
    assert [asked.body.get("response_format", {}).get("type") for asked in server.asked] == [
        None,
        "json_schema",
        "json_schema",
        "json_schema",
    ]


def test_the_doctor_finds_and_asks_the_backend_of_the_guide(project: Project, server: ModelServer) -> None:
    examined = project.director("doctor", "--live", "--json")
    listed = project.director("models", "words", "--match", "plan")

    roles = {role["role"]: role for role in json.loads(examined.out)["roles"]}
    assert examined.code == 0, examined.out
    assert (roles["planner"]["program"], roles["planner"]["answer"]["text"]) == (server.base_url, "ready")
    assert listed.out == "words:loopback/planner\n"


@pytest.mark.parametrize(
    ("model", "code", "said"),
    [("err401", 2, "the brainstorm was refused: HTTP 401"), ("err500", 1, "the brainstorm failed (error): HTTP 500")],
)
def test_the_backend_of_the_guide_tells_errors_apart(project: Project, model: str, code: int, said: str) -> None:
    config = project.file("config.toml")
    config.write_text(config.read_text().replace("loopback/planner", f"loopback/{model}"))

    planned = project.director("plan", "write a module", "--auto")

    assert planned.code == code
    assert said in planned.out + planned.err


def test_the_configuration_of_the_guide_is_one() -> None:
    config = Config.model_validate(tomllib.loads(files_of_the_guide()["config.toml"]))

    assert config.tiers.planner == "words:lan/qwen3-235b"
