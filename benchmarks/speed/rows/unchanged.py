"""How fast nothing is done, and seen to be done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median

from benchmarks.speed.finished import finish, graph_of
from benchmarks.speed.graphs import Work, layered, wide
from benchmarks.speed.makefile import rules_of, write_makefile
from benchmarks.speed.peerstate import finish_peer
from benchmarks.speed.processes import Broke
from benchmarks.speed.results import Line
from benchmarks.speed.setting import AT_ONCE, Found, Pairs, Setting
from benchmarks.speed.subjects import Subject
from benchmarks.speed.trial import Trial, trial
from director.tasks.control import control_of

AIM_OF_PEER = 0.1
AIM_SECONDS = 3.0
AIM_OF_MAKE = 2.0
AIM_LINEAR = 1.1
"""What a node may cost in a job of ten times the size, of what it costs in the small one: more is noise or a curve."""
_WIDTH = 50
_COMMANDS = ("run", "status", "pending")
_SHAPES: dict[str, Callable[[int], Sequence[Work]]] = {
    "layered": lambda size: layered(size, seed=1, layers=size // _WIDTH),
    "wide": wide,
}
_MAKES = {"make": ["make"], "make -rR": ["make", "-rR"]}
"""As people type it, and without its built-in rules."""

Timed = Mapping[str, Pairs]
"""What each command took."""


def measure(setting: Setting) -> Found:
    """Measure both at a size that the peer can still do, and director and make at ten times that."""
    size, times = (100, 1) if setting.quick else (1000, 3)
    small = {shape: _timed(size, shape) for shape in _SHAPES}
    large = _timed(10 * size, "layered")
    makes = {name: Pairs(f"`{name}`, {10 * size} nodes, layered", "s") for name in _MAKES}
    for shape, timed in small.items():
        _measure_small(setting, _SHAPES[shape](size), timed, times)
    _measure_large(setting, _SHAPES["layered"](10 * size), large, makes, times)
    run, lesser = large["run"], small["layered"]["run"]
    return Found(
        f"`run` when all is built, `status` and `pending`, of nodes in layers of {_WIDTH}, and of nodes that need "
        "nothing. The job was written as a run leaves it, with loose objects and records; it is checked that nobody is "
        "asked and nothing lands. The peer has no `pending`: its `status` stands there too; its job is really planned, "
        "and its state and records say that every node is done, after the example of a node that it built. It sorts "
        "the nodes that are ready before each one, by a search in the list of all: so its `run` depends on the shape. "
        "`make` has a rule for every task of director's graph, with its targets and what it reads, all up to date; "
        "only the task itself is made by no rule, so that plain `make` searches next to no implicit rules",
        (
            *(pairs.line(aim=AIM_OF_PEER) for timed in small.values() for pairs in timed.values()),
            *(pairs.line(aim=AIM_SECONDS, against="itself") for pairs in large.values()),
            _over("`run` when all is built over `make`", run, makes["make"], aim=AIM_OF_MAKE),
            _over("`run` when all is built over `make -rR`", run, makes["make -rR"]),
            _over(f"`run`, a node of {10 * size} over one of {size}", run, lesser, aim=AIM_LINEAR, part=10),
        ),
        tuple(samples for pairs in makes.values() for samples in pairs.samples()),
    )


def _timed(size: int, shape: str) -> Timed:
    said = {"run": "`run` when all is built"}
    return {name: Pairs(f"{said.get(name, f'`{name}`')}, {size} nodes, {shape}", "s") for name in _COMMANDS}


def _measure_small(setting: Setting, works: Sequence[Work], found: Timed, times: int) -> None:
    with ExitStack() as stack:
        trials = {subject: stack.enter_context(_finished(subject, works)) for subject in setting.subjects}
        for _, subject in setting.in_turn(times):
            _measure_commands(setting, trials[subject], found)


def _measure_large(setting: Setting, works: Sequence[Work], found: Timed, makes: Timed, times: int) -> None:
    with _finished(setting.director, works) as job:
        makefile = job.root / "make"
        write_makefile(makefile, rules_of(control_of(graph_of(job)).tasks, job.job))
        for _ in range(times):
            _measure_commands(setting, job, found)
            for name, argv in _MAKES.items():
                makes[name].add(setting.director, job.measure([*argv, "-C", str(makefile)]).wall)


@contextmanager
def _finished(subject: Subject, works: Sequence[Work]) -> Iterator[Trial]:
    with trial(subject, works) as job:
        {"director": finish, "peer": finish_peer}[subject.name](job)
        yield job


def _measure_commands(setting: Setting, job: Trial, found: Timed) -> None:
    tip, costs = job.git("for-each-ref"), (job.job / "costs.jsonl").read_bytes()
    for command, argv in {"run": job.subject.run(AT_ONCE), **job.subject.looks()}.items():
        cost = job.measure(argv)
        found[command].add(job.subject, cost.wall)
        setting.tell(f"{job.subject.name}: {len(job.works)} nodes: {command} {cost.wall:.2f} s")
    if (tip, costs) != (job.git("for-each-ref"), (job.job / "costs.jsonl").read_bytes()):
        raise Broke(f"{job.subject.name} did something where all is built\n{cost.said}")


def _over(what: str, director: Pairs, other: Pairs, *, aim: float | None = None, part: int = 1) -> Line:
    mine, others = director.values["director"], median(other.values["director"])
    return Line(what=what, director=tuple(seconds / part / others for seconds in mine), aim=aim)
