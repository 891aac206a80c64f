"""A project with profiles, each played from a cassette of its own."""

from pathlib import Path
from typing import Any

import yaml

from director.cli.main import main
from tests.project import Project, call, code_of, node

NODES = [node("alpha"), node("beta", needs=("alpha",))]


def profile_text(cassette: str, *, more: str = "") -> str:
    """A profile whose every role is played from one cassette."""
    return f'[tiers]\nplanner = "replay:.director/{cassette}"\nexecutor = "replay:.director/{cassette}"\n{more}'


def executors(cost: float, *, nodes: list[dict[str, Any]] = NODES) -> list[dict[str, Any]]:
    """Calls of executors that succeed at once."""
    names = [entry["id"] for entry in nodes]
    return [call("executor", f"run:{name}", files={f"{name}.py": code_of(name)}, cost_usd=cost) for name in names]


def add_profile(project: Project, name: str, calls: list[dict[str, Any]], *, more: str = "") -> None:
    """Write a profile and its cassette."""
    place = project.file(f"profiles/{name}.toml")
    place.parent.mkdir(exist_ok=True)
    place.write_text(profile_text(f"{name}.yaml", more=more))
    project.file(f"{name}.yaml").write_text(yaml.safe_dump({"version": 1, "calls": calls}, sort_keys=False))


def bench_project(root: Path) -> Project:
    """A repository with two profiles: one costs a dollar a node, the other a dime."""
    project = Project.create(root, NODES)
    add_profile(project, "full", executors(1.0))
    add_profile(project, "cheap", executors(0.1))
    return project


def bench(project: Project, *arguments: str, profiles: str = "full,cheap") -> int:
    """Run a bench within this process."""
    words = ["bench", "write the modules", "--profiles", profiles, "--repo", str(project.root)]
    return main([*words, "--auto", "--no-critique", "-q", *arguments])


def asked(project: Project) -> dict[str, list[str]]:
    """Which agents were asked, by arm."""
    root = project.file("bench")
    found = sorted(path.parent.relative_to(root) for path in root.rglob("costs.jsonl") if "archive" not in path.parts)
    return {
        str(place): [f"{record['role']} {record['task']}" for record in project.records(f"bench/{place}/costs.jsonl")]
        for place in found
    }
