"""director is stopped at every step in turn; the same command then completes by itself what was begun."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.state import PLAN, RUN, Trial, make_trial, outlived, problems, snapshot
from tests.faults.steps import INT, KILL, TERM

PARTS = 6
LONG_PARTS = 12
CODES = {KILL: {-9}, TERM: {130, -15}, INT: {130}}
"""How director ends that was stopped; before it has begun to work a signal ends it as it ends any program."""
LAST = (
    "write job/.integration.json",
    "rename to job/integration.json",
    "append job/spans.jsonl",
    "append job/doit.db",
    "append job/metrics.jsonl",
    "remove job/reserve",
    "remove job/holder.json",
)
"""Steps after which there may be nothing left to be stopped."""
NODES = {"a": ()}
WIDE_NODES = {"a": (), "b": ("a",), "c": ("a",)}
_KINDS = [
    (re.compile(r"^cache/JOB/\w+-\d+"), "cache/JOB/SLOT"),
    (re.compile(r"/tree/\.git/.*"), "/tree/.git/PART"),
    (re.compile(r"temporary/director-RANDOM/[^ ]*"), "temporary/director-RANDOM/PART"),
    (re.compile(r"job/logs/.*/(?=[^/]*\.\w+)"), "job/logs/ATTEMPT/"),
    (re.compile(r"make job/logs/.*(?= \|)"), "make job/logs/ATTEMPT"),
    (re.compile(r"\b(spec|plan|recon)\.(md|json)\b"), "DOCUMENT"),
]
"""Steps that are the same but for whose turn it is: the quick tests take one of each kind."""


@dataclass(frozen=True)
class Point:
    """Where director is stopped: at a step of a command that is given in some state of the job."""

    state: str
    words: Sequence[str]
    step: str


@dataclass(frozen=True)
class Campaign:
    """A trial, the states of it that were kept, and the points that were found."""

    trial: Trial
    nodes: Sequence[str]
    before: dict[str, object]
    points: list[Point]
    calls: set[str]
    """Every call of an undisturbed job."""

    def stop(self, point: Point, how: str) -> list[str]:
        """Stop director at a point and give the same command again; return what is wrong then."""
        self.trial.restore(point.state)
        stopped = self.trial.director(point.words, "--stop-at", point.step, "--how", how)
        found = outlived(self.trial)
        if stopped.code not in CODES[how] | self._late(point, how) or "Traceback" in stopped.output:
            found.append(f"it ended with {stopped.code}:\n{stopped.output}")
        done = self.trial.director(point.words)
        if done.code != 0:
            return [*found, f"the next run ended with {done.code}:\n{done.output}"]
        found += problems(self.trial, self.before, self.nodes, planned=point.words[0] == "plan")
        return found + [f"{call} is a further call" for call in self.trial.calls("arrived").keys() - self.calls]

    def _late(self, point: Point, how: str) -> set[int]:
        """Tell whether it may have ended well: a signal came late, or tasks run at once and a step in another order."""
        return {0} if len(self.nodes) > 1 or (how != KILL and point.step.startswith(LAST)) else set()


def kind_of(step: str) -> str:
    """Return what a step is called without whose turn it is."""
    name = step.rpartition(":")[0]
    for pattern, word in _KINDS:
        name = pattern.sub(word, name)
    return name


def begin(place: Path) -> Campaign:
    """Make a job of one node and keep its states; find each kind of step in the latest state from which it comes."""
    trial = make_trial(place, NODES)
    before = snapshot(trial)
    kinds: dict[str, Point] = {}
    ways = [
        ("fresh", PLAN, [word for word in PLAN if word != "--auto"]),
        ("spec", PLAN, PLAN),
        ("planned", RUN, ["run:a", "-n", "1"]),
        ("landed", RUN, RUN),
    ]
    for state, words, further in ways:
        trial.keep(state)
        kinds |= {kind_of(step): Point(state, words, step) for step in reversed(trial.steps(words))}
        calls = set(trial.calls("arrived"))
        trial.restore(state)
        trial.director(further)
    trial.keep("done")
    quick = [point for kind, point in kinds.items() if not kind.startswith("chmod")]
    return Campaign(trial, list(NODES), before, quick, calls)


_begun: dict[str, Campaign] = {}


def once(name: str, make: Callable[[], Campaign]) -> Campaign:
    """Make a campaign once in a test process."""
    if name not in _begun:
        _begun[name] = make()
    return _begun[name]


@pytest.fixture
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A job of one node, whose first attempt fails."""
    return once("small", lambda: begin(tmp_path_factory.mktemp("crash") / "trial"))


@pytest.fixture
def wide(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A job of three nodes, built four at once."""
    return once("wide", lambda: begin_wide(tmp_path_factory.mktemp("wide") / "trial"))


def begin_wide(place: Path) -> Campaign:
    """Make a job of three nodes; find every name of a step."""
    trial = make_trial(place, WIDE_NODES)
    before, names = snapshot(trial), {}
    for state, words in (("fresh", [*PLAN[:-1], "4"]), ("planned", [*RUN[:-1], "4"])):
        trial.keep(state)
        names |= {step.rpartition(":")[0]: Point(state, words, step) for step in reversed(trial.steps(words))}
    return Campaign(trial, list(WIDE_NODES), before, list(names.values()), set(trial.calls("arrived")))


def stop_at_each(campaign: Campaign, points: Iterable[Point], how: str, record: Callable[[str, object], None]) -> None:
    """Stop director at some points; fail with everything that was wrong anywhere."""
    points = list(points)
    found = {point: campaign.stop(point, how) for point in points}
    record("points", len(points))
    said = [f"{point.words[0]} ({point.state}) at {point.step}: {text}" for point in points for text in found[point]]
    assert not said, "\n".join([f"{len([point for point in points if found[point]])} of {len(points)} points:", *said])


def test_there_are_steps_of_every_kind(campaign: Campaign, record_property: Callable[[str, object], None]) -> None:
    names = {point.step.rpartition(":")[0] for point in campaign.points}

    record_property("points", len(names))

    assert len(names) > 80
    for part in (
        "start git update-ref | landing",
        "ask git update-ref",
        "ask git hash-object",
        "ask git mktree",
        "transcript",
        "doit.db",
    ):
        assert any(part in name for name in names), part


@pytest.mark.parametrize("part", range(PARTS))
def test_a_kill_at_any_step_is_recovered_from_by_the_same_command(
    campaign: Campaign, part: int, record_property: Callable[[str, object], None]
) -> None:
    stop_at_each(campaign, campaign.points[part::PARTS], KILL, record_property)


@pytest.mark.parametrize("how", [TERM, INT])
def test_a_signal_at_a_step_is_recovered_from_by_the_same_command(
    campaign: Campaign, how: str, record_property: Callable[[str, object], None]
) -> None:
    sample = campaign.points[[TERM, INT].index(how) :: 12]

    stop_at_each(campaign, sample, how, record_property)


@pytest.mark.long
@pytest.mark.parametrize("part", range(LONG_PARTS))
@pytest.mark.parametrize(("state", "words"), [("fresh", PLAN), ("planned", RUN)], ids=["plan", "run"])
def test_a_kill_at_every_occurrence_of_a_step_is_recovered_from(
    campaign: Campaign, state: str, words: Sequence[str], part: int, record_property: Callable[[str, object], None]
) -> None:
    campaign.trial.restore(state)
    points = [Point(state, words, step) for step in campaign.trial.steps(words)]

    stop_at_each(campaign, points[part::LONG_PARTS], KILL, record_property)


@pytest.mark.long
@pytest.mark.parametrize("how", [KILL, TERM, INT])
@pytest.mark.parametrize("part", range(LONG_PARTS))
def test_a_stop_while_nodes_are_built_at_once_is_recovered_from(
    wide: Campaign, how: str, part: int, record_property: Callable[[str, object], None]
) -> None:
    stop_at_each(wide, wide.points[part::LONG_PARTS], how, record_property)
