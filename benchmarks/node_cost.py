"""Takes the cost of one node apart, in a run of nodes one after another whose agents answer at once.

    python -m benchmarks.node_cost [--director PROGRAM] [--nodes N]

Nothing of director is changed. Of three runs one is timed; in one a sampler looks every 2 ms at what director is at;
in one git's processes are counted by a wrapper in front of git and, where there is a C compiler, calls of fsync by a
library that is loaded into every process.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.speed.graphs import wide
from benchmarks.speed.processes import measure
from benchmarks.speed.subjects import Director
from benchmarks.speed.tables import number
from benchmarks.speed.trial import Trial, trial

SAMPLING = Path(__file__).with_name("sampling")
PARTS = {
    "git's processes": ("/director/git/commands.py:",),
    "agents' processes": ("/director/agents/",),
    "test commands": ("/director/job/job.py:run_command",),
    "files replaced, records appended": ("/director/artifacts/", "/director/tasks/journal.py:"),
    "worktrees and guard": ("/director/git/",),
    "doit and the graph": ("/doit/", "/director/tasks/"),
    "start-up": ("<frozen importlib", "/director/cli/", "/bin/director:"),
}
"""What director is at, by the innermost place of a stack that one of these words is in."""
REST = "the rest of director"
_REST = ("/director/stages/", "/director/job/", "/director/prompts/", "/director/core/")


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.node_cost")
    parser.add_argument(
        "--director", type=lambda path: Path(path).absolute(), default=Path(sys.executable).with_name("director")
    )
    parser.add_argument("--nodes", type=int, default=100)
    options = parser.parse_args()
    subject, nodes = Director(options.director), options.nodes
    seconds = timed(subject, nodes)
    print(f"A node: {number(1000 * seconds / nodes)} ms, of {nodes} one after another.\n")
    print("\n".join(shares(sampled(subject, nodes), milliseconds=1000 * seconds / nodes)))
    print("\n".join(counted(subject, nodes)))


def timed(subject: Director, nodes: int) -> float:
    """Return the seconds of a run."""
    with trial(subject, wide(nodes)) as job:
        job.plan()
        return job.run(at_once=1).wall


def sampled(subject: Director, nodes: int) -> Counter[str]:
    """Return how often director was seen at each of the parts."""
    with trial(subject, wide(nodes)) as job:
        job.plan()
        samples = job.root / "samples"
        _run(job, PYTHONPATH=str(SAMPLING), SAMPLES=str(samples))
        found: Counter[str] = Counter()
        for line in samples.read_text().splitlines():
            count, stack = json.loads(line)
            found[part_of(stack)] += count
        return found


def part_of(stack: Sequence[str]) -> str:
    """Return what director is at."""
    for place in reversed(stack):
        for part, words in {**PARTS, REST: _REST}.items():
            if any(word in place for word in words):
                return part
    return REST


def shares(found: Mapping[str, int], *, milliseconds: float) -> Iterable[str]:
    """Yield the table of the parts."""
    total = sum(found.values())
    yield from ("| part | ms | share |", "|---|---|---|")
    for part in (*PARTS, REST):
        share = found.get(part, 0) / total
        yield f"| {part} | {number(share * milliseconds)} | {share:.0%} |"
    yield ""


def counted(subject: Director, nodes: int) -> Iterable[str]:
    """Yield what was counted for a node: git's processes by their commands, and what was forced to the disk."""
    with trial(subject, wide(nodes)) as job:
        job.plan()
        git, fsyncs, library = job.count_git(), job.root / "fsyncs", _library(job.root)
        _run(job, **({"LD_PRELOAD": str(library), "FSYNCS": str(fsyncs)} if library else {}))
        commands = Counter(command_of(line) for line in git.read_text().splitlines())
        yield f"git's processes: {number(commands.total() / nodes)} a node: " + ", ".join(
            f"{command} {number(count / nodes)}" for command, count in commands.most_common() if count >= nodes / 2
        )
        yield from _fsyncs(fsyncs, nodes) if library else ("fsync was not counted: there is no C compiler",)


def command_of(arguments: str) -> str:
    """Return git's command of a line of arguments."""
    words = re.sub(r"-[cC] \S+", "", arguments).split()
    return next((word for word in words if not word.startswith("-")), arguments)


def _run(job: Trial, **variables: str) -> None:
    argv, environment = job.subject.run(1), job.environment | variables
    measure(argv, directory=job.repository, environment=environment, said=job.root / "said")


def _library(root: Path) -> Path | None:
    compiler, library = shutil.which("cc"), root / "fsyncs.so"
    if compiler is None:
        return None
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, SAMPLING / "fsyncs.c", "-ldl"], check=True)
    return library


def _fsyncs(log: Path, nodes: int) -> Iterable[str]:
    found = [line.split() for line in (log.read_text() if log.exists() else "").splitlines()]
    for name in ("git", "director"):
        times = [int(taken) for program, taken in found if (program == "git") == (name == "git")]
        yield f"fsync of {name}: {number(len(times) / nodes)} a node, {number(sum(times) / 1e6 / nodes)} ms"


if __name__ == "__main__":
    main()
