"""A plan as other programs read it: with the fields of director-cli's plans, which director reads as well."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from director.core.plan.node import Plan


@dataclass(frozen=True)
class Header:
    """What a plan says of its job; the names are those of director-cli, except `base`."""

    job_id: str
    task: str
    repo: str
    created_at: str
    job_branch: str
    base: str
    """The commit that the job stands on."""


def exported(plan: Plan, header: Header, hashes: Mapping[str, Mapping[str, str]]) -> str:
    """Return the text of a plan; `hashes` has, by node and path, the sha256 of each locked test file."""
    nodes = [node.model_dump(mode="json") | {"test_hashes": dict(hashes.get(node.id, {}))} for node in plan.nodes]
    whole = {**asdict(header), **plan.model_dump(mode="json", exclude={"nodes"}), "nodes": nodes}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
