"""How much memory director takes itself."""

from benchmarks.speed.graphs import wide
from benchmarks.speed.setting import Found, Pairs, Setting
from benchmarks.speed.trial import trial

AT_ONCE = 64
AIM = 150.0


def measure(setting: Setting) -> Found:
    """Look at its high-water mark while it builds many nodes, many at once."""
    size = 200 if setting.quick else 1000
    memory = Pairs(f"memory, {size} nodes, {AT_ONCE} at once", "MB")
    planning = Pairs("planning them", "MB")
    with trial(setting.director, wide(size)) as job:
        planning.add(setting.director, job.measure(setting.director.plan(AT_ONCE), memory=True).memory / 1e6)
        memory.add(setting.director, job.run(at_once=AT_ONCE, memory=True).memory / 1e6)
    return Found(
        "the high-water mark of resident memory (VmHWM) of the process of `run` itself, without its children; agents "
        "answer at once",
        (memory.line(aim=AIM, against="itself"),),
        (*planning.samples(),),
    )
