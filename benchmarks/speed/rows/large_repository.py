"""What a node costs in a repository of many files."""

from benchmarks.speed.graphs import wide
from benchmarks.speed.setting import AT_ONCE, Found, Pairs, Setting
from benchmarks.speed.trial import trial

AIM = 0.15


def measure(setting: Setting) -> Found:
    """Measure the run phase."""
    files, count, times = (4000, 16, 1) if setting.quick else (20_000, 32, 2)
    wall, cpu = Pairs(f"per node, {files} files", "ms"), Pairs("the same, processor time", "ms")
    for _, subject in setting.in_turn(times):
        with trial(subject, wide(count), files=files) as job:
            job.plan()
            ran = job.run()
        setting.tell(f"{subject.name}: {files} files: run of {count} nodes {ran.wall:.1f} s")
        wall.add(subject, 1000 * ran.wall / count)
        cpu.add(subject, 1000 * ran.cpu / count)
    return Found(
        f"`run` of {count} nodes that need nothing and whose agents answer at once, {AT_ONCE} at once, divided by "
        f"their number, in a repository of {files} files of 20 lines",
        (wall.line(aim=AIM), cpu.line()),
    )
