"""How fast nothing is done, and seen to be done."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median

from benchmarks.speed.finished import finish
from benchmarks.speed.graphs import Work, layered
from benchmarks.speed.makefile import write_makefile
from benchmarks.speed.peerstate import finish_peer
from benchmarks.speed.processes import Broke
from benchmarks.speed.results import Line
from benchmarks.speed.setting import AT_ONCE, Found, Pairs, Setting
from benchmarks.speed.subjects import Subject
from benchmarks.speed.trial import Trial, trial

AIM_OF_PEER = 0.1
AIM_SECONDS = 3.0
AIM_OF_MAKE = 2.0
AIM_LINEAR = 1.1
"""What a node may cost in a job of ten times the size, of what it costs in the small one: more is noise or a curve."""
_WIDTH = 50
_COMMANDS = ("run", "status", "pending")


def measure(setting: Setting) -> Found:
    """Measure both at a size that the peer can still do, and director at ten times that."""
    size, times = (100, 1) if setting.quick else (1000, 3)
    small = {command: Pairs(f"{_said(command)}, {size} nodes", "s") for command in _COMMANDS}
    large = {command: Pairs(f"{_said(command)}, {10 * size} nodes", "s") for command in _COMMANDS}
    make = Pairs(f"`make`, {10 * size} nodes", "s")
    _measure_small(setting, layered(size, seed=1, layers=size // _WIDTH), small, times)
    _measure_large(setting, layered(10 * size, seed=1, layers=10 * size // _WIDTH), large, make, times)
    return Found(
        f"`run` when all is built, `status` and `pending`, of nodes in layers of {_WIDTH}. The job was written as a "
        "run leaves it, with loose objects and records; it is checked that nobody is asked and nothing lands. "
        "The peer has no `pending`: its `status` stands there too; its job is really planned, and its state says that "
        "every node is done. `make` has the same rules and as many files as director's graph",
        (
            *(pairs.line(aim=AIM_OF_PEER) for pairs in small.values()),
            *(pairs.line(aim=AIM_SECONDS, against="itself") for pairs in large.values()),
            _over("`run` when all is built over `make`", large["run"], make, aim=AIM_OF_MAKE),
            _over(
                f"`run`, a node of {10 * size} over one of {size}", large["run"], small["run"], aim=AIM_LINEAR, part=10
            ),
        ),
        (*make.samples(),),
    )


def _said(command: str) -> str:
    return "`run` when all is built" if command == "run" else f"`{command}`"


def _measure_small(setting: Setting, works: Sequence[Work], found: dict[str, Pairs], times: int) -> None:
    with ExitStack() as stack:
        trials = {subject: stack.enter_context(_finished(subject, works)) for subject in setting.subjects}
        for _, subject in setting.in_turn(times):
            _measure_commands(setting, trials[subject], found)


def _measure_large(setting: Setting, works: Sequence[Work], found: dict[str, Pairs], make: Pairs, times: int) -> None:
    with _finished(setting.director, works) as job:
        write_makefile(job.root / "make", works)
        for _ in range(times):
            _measure_commands(setting, job, found)
            cost = job.measure(["make", "-C", str(job.root / "make")])
            make.add(setting.director, cost.wall)


@contextmanager
def _finished(subject: Subject, works: Sequence[Work]) -> Iterator[Trial]:
    with trial(subject, works) as job:
        {"director": finish, "peer": finish_peer}[subject.name](job)
        yield job


def _measure_commands(setting: Setting, job: Trial, found: dict[str, Pairs]) -> None:
    tip, costs = job.git("for-each-ref"), (job.job / "costs.jsonl").read_bytes()
    for command, argv in {"run": job.subject.run(AT_ONCE), **job.subject.looks()}.items():
        cost = job.measure(argv)
        found[command].add(job.subject, cost.wall)
        setting.tell(f"{job.subject.name}: {len(job.works)} nodes: {command} {cost.wall:.2f} s")
    if (tip, costs) != (job.git("for-each-ref"), (job.job / "costs.jsonl").read_bytes()):
        raise Broke(f"{job.subject.name} did something where all is built\n{cost.said}")


def _over(what: str, director: Pairs, other: Pairs, *, aim: float, part: int = 1) -> Line:
    mine, others = director.values["director"], median(other.values["director"])
    return Line(what=what, director=tuple(seconds / part / others for seconds in mine), aim=aim)
