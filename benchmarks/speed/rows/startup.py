"""What it costs to start."""

from benchmarks.speed.graphs import wide
from benchmarks.speed.setting import Found, Pairs, Setting
from benchmarks.speed.trial import trial

NODES = 10
AIM = 0.25


def measure(setting: Setting) -> Found:
    """Ask for help, and for the state of a small planned job."""
    usage, status = (
        Pairs("`director --help`, processor time", "s"),
        Pairs(f"`status`, {NODES} nodes, processor time", "s"),
    )
    wall = Pairs("`director --help`", "s"), Pairs("`status`", "s")
    for subject in setting.subjects:
        with trial(subject, wide(NODES)) as job:
            job.plan()
            for _ in range(3 if setting.quick else 10):
                for pairs, clock, argv in (
                    (usage, wall[0], [str(subject.program), "--help"]),
                    (status, wall[1], subject.looks()["status"]),
                ):
                    cost = job.measure(argv)
                    pairs.add(subject, cost.cpu)
                    clock.add(subject, cost.wall)
    return Found(
        f"user and system time of the process and its children; `status` of a planned job of {NODES} nodes",
        (usage.line(aim=AIM, against="itself"), status.line(aim=AIM, against="itself")),
        tuple(samples for pairs in wall for samples in pairs.samples()),
    )
