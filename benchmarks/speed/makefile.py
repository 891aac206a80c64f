"""director's graph for `make`: a rule for every task, with files that are all up to date.

The rules are those of doit's tasks: targets, the files that they are made from, and, in order only, what they wait for
besides. `slices` makes a file for every node; in its rule they are targets of their own, since as a group (`&:`) they
cost make a time that grows with the square of their number.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_EPOCH = 1_700_000_000


@dataclass(frozen=True)
class Rule:
    """What a task makes from what; paths from the directory of the job."""

    task: str
    targets: Sequence[str]
    needs: Sequence[str]
    waits: Sequence[str]
    """What has to be there first, whatever its age."""

    def __str__(self) -> str:
        first = f" | {' '.join(self.waits)}" if self.waits else ""
        return f"{' '.join(self.targets)}: {' '.join(self.needs)}{first}\n\tfalse {self.task}\n"


def rules_of(tasks: Mapping[str, Any], directory: Path) -> list[Rule]:
    """Return a rule for each of doit's tasks that makes files; the directory is that of the job."""
    makers = {path: name for name, task in tasks.items() for path in task.targets}
    rules = []
    for name, task in tasks.items():
        made = {makers.get(path) for path in task.file_dep}
        waits = [path for other in task.task_dep if other not in made for path in tasks[other].targets]
        paths = (task.targets, sorted(task.file_dep), waits)
        rules.append(Rule(name, *([str(Path(path).relative_to(directory)) for path in kind] for kind in paths)))
    return [rule for rule in rules if rule.targets]


def write_makefile(directory: Path, rules: Sequence[Rule]) -> None:
    """Write the Makefile and every file, each newer than what it is made from; rules stand in a legal order.

    The last one is what is made by default. A recipe that runs fails.
    """
    made = [path for rule in rules for path in rule.targets]
    sources = sorted({path for rule in rules for path in rule.needs} - set(made))
    for age, name in enumerate([*sources, *made]):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (_EPOCH + age, _EPOCH + age))
    text = "".join(map(str, rules))
    (directory / "Makefile").write_text(f".PHONY: all\nall: {' '.join(rules[-1].targets)}\n{text}")
