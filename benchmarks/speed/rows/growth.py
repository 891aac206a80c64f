"""Whether a node costs the same in a large job as in a small one, and how much memory a large one takes."""

from statistics import median

from benchmarks.speed.graphs import wide
from benchmarks.speed.results import Line
from benchmarks.speed.setting import AT_ONCE, Found, Pairs, Setting
from benchmarks.speed.subjects import Subject
from benchmarks.speed.trial import trial

AIM = 1.3


def measure(setting: Setting) -> Found:
    """Measure director at a small and a large size, and the peer as far as it can go."""
    small, middle, large, times = (10, 50, 100, 1) if setting.quick else (10, 200, 1000, 3)
    costs = {size: Pairs(f"per node, {size} nodes", "ms") for size in (small, middle, large)}
    for _, subject in setting.in_turn(times):
        costs[small].add(subject, _per_node(setting, subject, small))
    for subject in setting.subjects:
        costs[middle].add(subject, _per_node(setting, subject, middle))
    costs[large].add(setting.director, _per_node(setting, setting.director, large))
    return Found(
        f"`run` of nodes that need nothing and whose agents answer at once, {AT_ONCE} at once, divided by their number "
        f"and without what `run` takes when all is built; the peer at {large} nodes is left out, for it takes too long",
        (
            _growth(f"a node of {large} over one of {small}", costs[small], costs[large], aim=AIM),
            _growth(f"a node of {middle} over one of {small}", costs[small], costs[middle]),
        ),
        tuple(samples for pairs in costs.values() for samples in pairs.samples()),
    )


def _per_node(setting: Setting, subject: Subject, size: int) -> float:
    with trial(subject, wide(size)) as job:
        job.plan()
        ran, unchanged = job.run(), job.run()
    setting.tell(f"{subject.name}: {size} nodes: run {ran.wall:.1f} s, when all is built {unchanged.wall:.2f} s")
    return 1000 * (ran.wall - unchanged.wall) / size


def _growth(what: str, small: Pairs, large: Pairs, *, aim: float | None = None) -> Line:
    director, peer = (
        tuple(cost / median(small.values[name]) for cost in large.values.get(name, ())) for name in ("director", "peer")
    )
    return Line(what=what, director=director, peer=peer, aim=aim)
