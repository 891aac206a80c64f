"""The same graph for `make`: a rule for every artifact of a job, with files that are all up to date."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.speed.graphs import Work

Rules = Mapping[str, Sequence[str]]
"""What each file is made from, in a legal order."""
_EPOCH = 1_700_000_000


def write_makefile(directory: Path, works: Sequence[Work]) -> None:
    """Write the Makefile and every file, each newer than what it is made from. A rule that runs fails."""
    rules = dict(_rules(works))
    for name in ("nodes", "tests", "merged", "approved"):
        (directory / name).mkdir(parents=True)
    sources = {need for needs in rules.values() for need in needs} - rules.keys()
    for age, name in enumerate([*sorted(sources), *rules]):
        path = directory / name
        path.touch()
        os.utime(path, (_EPOCH + age, _EPOCH + age))
    recipes = "".join(f"{target}: {' '.join(needs)}\n\tfalse\n" for target, needs in rules.items())
    (directory / "Makefile").write_text(f"all: integration.json\n{recipes}")


def _rules(works: Sequence[Work]) -> Iterator[tuple[str, list[str]]]:
    """Yield director's graph as rules."""
    ids = [work.id for work in works]
    yield "recon.md", ["task.md", "job.json"]
    yield "spec.md", ["task.md", "recon.md"]
    yield "approved/spec.json", ["spec.md"]
    yield "plan.json", ["spec.md", "recon.md", "approved/spec.json"]
    yield from ((f"nodes/{name}.json", ["plan.json"]) for name in ids)
    yield from ((f"tests/{name}.json", [f"nodes/{name}.json"]) for name in ids)
    yield "approved/plan.json", ["plan.json", *(f"tests/{name}.json" for name in ids)]
    yield "baseline.json", ["job.json"]
    for work in works:
        needed = [f"merged/{name}.json" for name in work.needs]
        yield f"merged/{work.id}.json", [f"nodes/{work.id}.json", f"tests/{work.id}.json", *needed]
    yield "integration.json", ["baseline.json", *(f"merged/{name}.json" for name in ids)]
