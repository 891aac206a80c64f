"""How fast a plan is validated."""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

from benchmarks.speed import stub
from benchmarks.speed.graphs import Work, layered, wide
from benchmarks.speed.results import Line, Samples
from benchmarks.speed.setting import Found, Setting
from director.core.plan.validation import parse_plan
from director.shell import memory

SIZES = (1250, 2500, 5000, 10_000)
AIM = 1.0
AIM_LINEAR = 1.5
_WIDTH = 50
SHAPES: dict[str, Callable[[int], Sequence[Work]]] = {
    "layered": lambda size: layered(size, seed=1, layers=size // _WIDTH),
    "a chain": lambda size: _chain(size),
    "wide": wide,
}


def measure(setting: Setting) -> Found:
    """Read plans of growing size within this process."""
    lines, more = [], []
    memory.look_often()
    for shape, make in SHAPES.items():
        found = {size: _seconds(stub.plan(make(size)), times=1 if setting.quick else 5) for size in SIZES}
        least, most = SIZES[0], SIZES[-1]
        linear = median(found[most]) / most / (median(found[least]) / least)
        lines.append(Line(what=f"plan of {most} nodes, {shape}", unit="s", director=found[most], aim=AIM))
        lines.append(Line(what=f"a node of {most} over one of {least}, {shape}", director=(linear,), aim=AIM_LINEAR))
        more += [Samples(what=f"{shape}, {size} nodes", unit="s", values=times) for size, times in found.items()]
        setting.tell(f"director: plan of {most} nodes, {shape}: {median(found[most]):.2f} s")
    return Found(
        "processor time of `parse_plan` of the planner's JSON within the benchmark's process, which collects garbage "
        "as director does at work: read, validated, and every two nodes that may run at once held against each "
        f"other; layers of {_WIDTH}",
        tuple(lines),
        tuple(more),
    )


def _chain(size: int) -> list[Work]:
    ids = [work.id for work in wide(size)]
    return [Work(ids[0]), *(Work(name, (before,)) for before, name in pairwise(ids))]


def _seconds(text: str, *, times: int) -> tuple[float, ...]:
    found = []
    for _ in range(times):
        parse_plan.cache_clear()
        began = time.process_time()
        parse_plan(text, source="the plan")
        found.append(time.process_time() - began)
    return tuple(found)
