"""What a node costs besides its agents."""

from benchmarks.speed.graphs import wide
from benchmarks.speed.replay import ReplayedDirector, write_cassette
from benchmarks.speed.results import Samples
from benchmarks.speed.setting import AT_ONCE, Found, Pairs, Setting
from benchmarks.speed.subjects import Subject
from benchmarks.speed.trial import trial

AIM = 0.35


def measure(setting: Setting) -> Found:
    """Measure the run phase, and count git's processes in a smaller run apart."""
    count, apart, times = (40, 10, 1) if setting.quick else (200, 50, 3)
    wall, cpu = Pairs("orchestration per node", "ms"), Pairs("the same, processor time", "ms")
    planning, git = Pairs("planning, per node", "ms"), Pairs("the same, processes of git")
    for _, subject in setting.in_turn(times):
        with trial(subject, wide(count)) as job:
            planned, ran = job.plan(), job.run()
        setting.tell(f"{subject.name}: {count} nodes: plan {planned.wall:.1f} s, run {ran.wall:.1f} s")
        wall.add(subject, 1000 * ran.wall / count)
        cpu.add(subject, 1000 * ran.cpu / count)
        planning.add(subject, 1000 * planned.wall / count)
    for subject in setting.subjects:
        git.add(subject, processes_of_git(subject, apart))
    return Found(
        f"`run` of {count} nodes that need nothing, {AT_ONCE} at once, divided by their number; the agents write their "
        f"file and end. git's processes are counted by a wrapper in front of git, in a run of {apart} nodes apart",
        (wall.line(aim=AIM), cpu.line(), git.line()),
        (
            *planning.samples(),
            Samples(what="director with replayed agents", unit="ms", values=(_replayed(setting, count),)),
        ),
    )


def processes_of_git(subject: Subject, count: int) -> float:
    """Return how many processes of git a program starts for a node."""
    with trial(subject, wide(count)) as job:
        job.plan()
        log = job.count_git()
        job.run()
        return len(log.read_text().splitlines()) / count


def _replayed(setting: Setting, count: int) -> float:
    """Return what a node costs where no process is started for a call."""
    with trial(ReplayedDirector(setting.director.program), wide(count)) as job:
        write_cassette(job, job.works)
        job.plan()
        return 1000 * job.run().wall / count
