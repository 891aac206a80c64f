"""How long a job takes, as a multiple of the time below which nobody can be."""

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.speed.graphs import Work, greedy_schedule, layered, lower_bound, mixed, wide
from benchmarks.speed.results import Samples
from benchmarks.speed.setting import AT_ONCE, Found, Pairs, Setting
from benchmarks.speed.trial import trial

NODES = 64
SECONDS = 0.5
SEEDS = (1, 2, 3)
SHAPES: dict[str, tuple[Callable[[int], Sequence[Work]], float]] = {
    "wide": (lambda _: wide(NODES, seconds=SECONDS), 1.12),
    "layered": (lambda seed: layered(NODES, seed=seed, seconds=SECONDS), 1.12),
    "long and short": (lambda seed: mixed(NODES, seed=seed), 1.15),
}
"""What is built, and the aim."""


def measure(setting: Setting) -> Found:
    """Measure the whole command, and start-up apart: `run` when all is built."""
    seeds = SEEDS[:1] if setting.quick else SEEDS
    lines, more = [], []
    for shape, (make, aim) in SHAPES.items():
        over, unchanged = Pairs(f"makespan over lower bound, {shape}"), Pairs(f"{shape}, when all is built", "s")
        for turn, subject in setting.in_turn(len(seeds)):
            works = make(seeds[turn])
            bound = lower_bound(works, at_once=AT_ONCE)
            with trial(subject, works) as job:
                job.plan()
                ran = job.run()
                unchanged.add(subject, job.run().wall)
            over.add(subject, ran.wall / bound)
            setting.tell(f"{subject.name}: {shape}: {ran.wall:.2f} s, lower bound {bound:.2f} s")
        lines.append(over.line(aim=aim, against="itself"))
        more += [*unchanged.samples(), *_bounds(shape, [make(seed) for seed in seeds])]
    return Found(
        f"the wall-clock of the whole `run` command, start-up included, of {NODES} nodes, {AT_ONCE} at once, over the "
        f"larger of all agents' seconds / {AT_ONCE} and the longest path of them. wide: {SECONDS} s each, needing "
        f"nothing; layered: {SECONDS} s each in 8 layers, needing 1 to 3 random nodes of the layer before; long and "
        "short: 60 of 0.2 to 0.8 s, and last in the plan a chain of four of 1 s; one measurement for each seed",
        tuple(lines),
        tuple(more),
    )


def _bounds(shape: str, plans: Sequence[Sequence[Work]]) -> list[Samples]:
    bounds = (("lower bound", lower_bound), ("list schedule without overhead", greedy_schedule))
    return [
        Samples(what=f"{shape}, {name}", unit="s", values=tuple(map(partial(bound, at_once=AT_ONCE), plans)))
        for name, bound in bounds
    ]
