"""What a job leaves in its directory, and what commands print, is what the published schemas say."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from director.cli.main import main
from tests.project import Project, code_of, node
from tests.running import Running, plan_here, wait_until

SCHEMAS = Path(__file__).parents[2] / "schemas"
PLACES = {
    "approved/*.json": "approval",
    "job.json": "job",
    "plan.json": "plan",
    "nodes/*.json": "node",
    "tests/*.json": "lock",
    "merged/*.json": "marker",
    "baseline.json": "gates",
    "integration.json": "gates",
    "reply.json": "reply",
    "outcome.json": "outcome",
    "red.json": "seen",
    "before.json": "seen",
    "reuse.json": "reuse",
    "calls/*.json": "call",
    "holder.json": "holder",
    "costs.jsonl": "costs",
    "metrics.jsonl": "metrics",
    "spans.jsonl": "spans",
}
"""Files of a job, and which schema is theirs; the first pattern counts."""


def documents(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the schema's name and the text of each document and record of the job, as it is now."""
    for path in sorted(project.file("").rglob("*.json*")):
        name = next((name for pattern, name in PLACES.items() if path.match(pattern)), "")
        assert name or path.name == "transcript.jsonl", f"nobody says what {path} is"
        texts = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
        yield from ((name, text) for text in texts if name)


def assert_fits(name: str, text: str) -> None:
    jsonschema.validate(json.loads(text), json.loads((SCHEMAS / f"{name}.schema.json").read_text()))


def test_everything_that_a_job_leaves_fits_its_schema(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha")])
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}, "seconds": 0.5})
    plan_here(project)

    running = Running.start(project, "run")
    wait_until(lambda: list(project.file("calls").glob("*.json")))
    found = list(documents(project))
    assert running.ends() == 0, running.said
    found += documents(project)

    for name, text in found:
        assert_fits(name, text)
    assert {name for name, _ in found} == set(PLACES.values())


@pytest.mark.parametrize(
    ("command", "schema"),
    [
        (["status"], "status"),
        (["pending"], "pending"),
        (["explain"], "explain"),
        (["explain", "run:alpha"], "explain"),
        (["doctor"], "doctor"),
        (["models", "replay"], "models"),
    ],
)
def test_what_a_command_prints_fits_its_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], schema: str
) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha")])
    project.file("plan.json").write_text(json.dumps({"nodes": [node("alpha")]}))

    main([*command, "--json", "--repo", str(project.root)])

    assert_fits(schema, capsys.readouterr().out)
