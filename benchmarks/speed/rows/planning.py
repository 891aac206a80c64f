"""How long the tests take that are written before the work."""

from benchmarks.speed.graphs import wide
from benchmarks.speed.setting import AT_ONCE, Found, Pairs, Setting
from benchmarks.speed.trial import trial

AUTHORS = 16
SECONDS = 0.5
IDEAL = AUTHORS * SECONDS / AT_ONCE
AIM = 1.3


def measure(setting: Setting) -> Found:
    """Measure the phase of the tests, and the whole command."""
    phase, whole = Pairs(f"{AUTHORS} test authors, over the ideal"), Pairs("the same, the whole of `plan`", "s")
    for _, subject in setting.in_turn(1 if setting.quick else 3):
        with trial(subject, wide(AUTHORS, authoring=SECONDS)) as job:
            whole.add(subject, job.plan().wall)
            phase.add(subject, subject.tests_phase(job.job) / IDEAL)
        setting.tell(f"{subject.name}: plan {whole.values[subject.name][-1]:.2f} s")
    return Found(
        f"`plan` with {AUTHORS} test authors of {SECONDS} s, {AT_ONCE} at once, while all others answer at once: from "
        f"the end of the planner to the last lock, over {IDEAL:g} s; told by director's spans and by the times of the "
        "peer's files, which writes tests one after another",
        (phase.line(aim=AIM, against="itself"), whole.line()),
    )
