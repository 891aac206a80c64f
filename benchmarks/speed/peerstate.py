"""A finished job of the peer: planned by itself, with a state in which every node is done."""

import json

from benchmarks.speed.trial import Trial

_DONE = {
    "status": "done",
    "attempts": 1,
    "tier_used": "executor",
    "model_used": "opencode/stub/none",
    "escalated": False,
    "tokens": {"input": 100, "output": 10},
    "cost_usd": 0.0,
    "error": None,
    "worktree": None,
    "review_stage_two": False,
    "review_blocks": 0,
    "review_summary": None,
    "wall_secs": 0.1,
    "watch_it_fail": "unknown",
    "flake_failed": False,
}


def finish_peer(trial: Trial) -> None:
    """Plan, and write the state that a run would leave; the run itself may take an hour."""
    trial.plan()
    plan = json.loads((trial.job / "plan.json").read_text())
    nodes = {node["id"]: {"id": node["id"], **_DONE} for node in plan["nodes"]}
    (trial.job / "state.json").write_text(json.dumps({"job_id": plan["job_id"], "nodes": nodes}, indent=2))
