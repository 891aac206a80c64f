"""A job whose explorer and executor are a program of the user's own, by a template in the configuration."""

import sys
from pathlib import Path

from tests.project import CONFIG, Project, code_of, node

PROGRAM = f"""\
import json, pathlib, sys
role, model, prompt = sys.argv[1], sys.argv[2], sys.stdin.read()
assert "alpha" in prompt or role == "explorer"
if role == "executor":
    pathlib.Path("alpha.py").write_text({code_of("alpha")!r})
else:
    pathlib.Path("README.md").write_text("spoilt")
print("working")
print(json.dumps({{"answer": model + " is done", "used": {{"in": 10, "out": 5}}, "usd": 0.5}}))
"""
TEMPLATE = f"""\
[backends.command.programs.mine]
argv = ["{sys.executable}", "{{program}}", "{{{{role}}}}", "{{{{model}}}}"]
text = "/answer"
cost = "/usd"
usage = {{{{input = "/used/in", output = "/used/out"}}}}
"""


def test_a_program_of_the_users_own_builds_a_node_and_what_a_reader_writes_never_lands(tmp_path: Path) -> None:
    program = tmp_path / "mine.py"
    program.write_text(PROGRAM)
    tiers = CONFIG.replace('executor = "replay:.director/cassette.yaml"', 'executor = "command:mine/coder-1"')
    config = tiers + TEMPLATE.format(program=program)
    project = Project.create(tmp_path / "repository", [node("alpha")], config=config)
    project.plan()

    done = project.director("run")

    assert done.code == 0, done.out + done.err
    assert project.git("show", f"{project.branch}:alpha.py") == code_of("alpha").strip()
    assert project.git("show", f"{project.branch}:README.md") == "A project."
    assert project.asked() == [
        "explorer recon 1",
        "brainstorm spec 1",
        "planner decompose 1",
        "test_author tests:alpha 1",
        "executor run:alpha 1",
    ]
    (record,) = [record for record in project.records("costs.jsonl") if record["role"] == "executor"]
    assert (record["cost_usd"], record["cost_source"], record["usage"]["input"]) == (0.5, "program", 10)
    assert project.file("recon.md").read_text().strip() == "coder-1 is done"
