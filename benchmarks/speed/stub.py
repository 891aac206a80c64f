"""The agent program of both: a shell script that is started, and answers, as OpenCode does.

The same program with the same arguments and answers is started once a call by both. A specification holds what it
needs to know: `(stub:DIRECTORY:NODE:SECONDS OF THE EXECUTOR:SECONDS OF THE TEST AUTHOR:)`.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.graphs import Work

ARGUMENTS = (
    "run",
    "--dir",
    "{directory}",
    "--agent",
    "{role}",
    "--model",
    "{model}",
    "--format",
    "json",
    "--print-logs",
)
"""What the peer starts it with, in front of the prompt; director is told to do the same."""
_SCRIPT = """\
#!/bin/sh
role=$5
case $role in explorer | brainstorm | planner | reviewer) exec cat 'ANSWERS'/"$role" ;; esac
shift 10
if [ $# -gt 0 ]; then prompt=$1; else prompt=$(cat); fi
rest=${prompt#*"(stub:"}
directory=${rest%%:*} rest=${rest#*:}
node=${rest%%:*} rest=${rest#*:}
seconds=${rest%%:*} rest=${rest#*:}
case $role in test*) seconds=${rest%%:*} ;; esac
[ "$seconds" = 0.0 ] || sleep "$seconds"
case $role in
    test*) echo "read word < $directory/$node.txt && [ x\\$word = x$node ]" > "$directory/$node.sh" ;;
    *) echo "$node" > "$directory/$node.txt" ;;
esac
echo 'SAID'
echo 'USED'
"""
_USED = {"tokens": {"input": 100, "output": 10, "reasoning": 0, "cache": {"read": 0, "write": 0}}, "cost": 0.001}
READ = """\
text = "/part/text"
cost = "/part/cost"
usage = { input = "/part/tokens/input", output = "/part/tokens/output" }
"""
"""How director reads what it says."""


def install(program: Path, works: Sequence[Work]) -> None:
    """Write the program, and what it answers."""
    answers = program.parent / "answers"
    answers.mkdir(parents=True, exist_ok=True)
    for role, text in (("explorer", "Files."), ("brainstorm", "# Spec\n\nFiles."), ("planner", plan(works))):
        (answers / role).write_text(f"{_said(text)}\n{_used()}\n")
    script = _SCRIPT.replace("ANSWERS", str(answers)).replace("SAID", _said("Done.")).replace("USED", _used())
    program.write_text(script)
    program.chmod(0o755)


def plan(works: Sequence[Work]) -> str:
    """Return what the planner answers."""
    return json.dumps({"nodes": [work.node() for work in works]})


def test_text(node: str, file: str) -> str:
    """Return what the test author writes."""
    return f"read word < {file} && [ x$word = x{node} ]\n"


def _said(text: str) -> str:
    return json.dumps({"type": "text", "part": {"text": text}})


def _used() -> str:
    return json.dumps({"type": "step_finish", "part": _USED})
