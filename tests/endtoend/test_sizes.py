"""Things of any size: they cost neither the run, nor the memory, nor a prompt that no model reads."""

import os
import subprocess
import sys
from pathlib import Path

from director.stages.conversation import REPLY_CHARACTERS
from director.stages.planning import DOCUMENT_CHARACTERS
from tests.project import Project, node

MEASURED = """
import re, sys
from pathlib import Path
from director.cli.main import main
code = main()
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
sys.exit(code)
"""
"""ru_maxrss would hold the peak of the process that ours was forked from."""
LOUD = "yes 'a line of a test that has much to say' | head -c 50000000; head -c 50000000 /dev/zero | tr '\\0' x"


def prompts(project: Project) -> dict[str, int]:
    """Return how long each prompt is that an agent was given."""
    logs = project.file("logs")
    return {str(path.relative_to(logs)): path.stat().st_size for path in logs.rglob("prompt.md")}


def test_a_reply_that_is_too_long_is_refused_and_the_agent_is_told(project: Project) -> None:
    project.set_call("explorer", "recon", {"text": "x" * (REPLY_CHARACTERS + 1)}, {"text": "A small project."})

    project.plan()

    assert project.asked()[:2] == ["explorer recon 1", "explorer recon 2"]
    assert project.file("recon.md").read_text() == "A small project.\n"
    assert max(prompts(project).values()) < 20_000


def test_a_spec_that_was_made_too_long_by_hand_is_named(project: Project) -> None:
    project.plan()
    project.file("spec.md").write_text("x" * (DOCUMENT_CHARACTERS + 1))

    done = project.director("plan", "--auto", "--no-critique")

    assert done.code == 2
    assert f"spec.md has {DOCUMENT_CHARACTERS + 1} characters" in done.out


def test_huge_files_and_guidance_and_odd_names_make_no_huge_prompt(tmp_path: Path) -> None:
    huge = node("alpha") | {"files": ["alpha.py", "huge.txt", "huge.bin"]}
    project = Project.create(tmp_path / "repository", [huge])
    (project.root / "AGENTS.md").write_text("Do as the Romans do.\n" * 500_000)
    (project.root / "huge.txt").write_bytes(b"caf\xe9\n" * 2_000_000)
    (project.root / "huge.bin").write_bytes(os.urandom(10_000_000))
    Path(os.fsdecode(os.fsencode(project.root) + b"/latin-\xe9\nline")).touch()
    project.git("add", "-A")
    project.git("commit", "-qm", "huge")

    project.plan()
    done = project.director("run")

    assert done.code == 0, done.out + done.err
    prompt = project.file("logs/run/alpha/1/prompt.md").read_text()
    assert "[the file goes on: 10000000 bytes in all; read it in the worktree]" in prompt
    assert "`huge.bin` is a binary file of 10000000 bytes." in prompt
    assert "[the file goes on: 10500000 bytes in all; read it in the worktree]" in prompt
    assert "'latin-\\udce9\\nline'" in project.file("logs/recon/1/prompt.md").read_text()
    assert max(prompts(project).values()) < 200_000


def test_tests_that_print_a_hundred_megabytes_cost_no_memory(tmp_path: Path) -> None:
    loud = node("alpha")
    loud["test_cmd"] = f"{LOUD}; {loud['test_cmd']}"
    project = Project.create(tmp_path / "repository", [loud])
    project.plan()

    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "run"], cwd=project.root, capture_output=True, text=True, check=True
    )

    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout.split()[-1]) * unit < 100_000_000
    assert project.file("logs/run/alpha/1/gate.txt").stat().st_size > 100_000_000
    assert len(project.file("logs/run/alpha/1/prompt.md").read_text()) < 20_000
