"""Run a command in a clean checkout of a commit."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from director.artifacts.attempts import numbered
from director.artifacts.files import read_ends, read_remade, write_model
from director.core.artifacts import Seen
from director.core.errors import GitError, Rejected, SetupFailed
from director.core.plan.node import Node
from director.core.spans import PASSED, RED, SpanKind
from director.core.testruns.outcome import count_tests, ran_no_tests
from director.core.testruns.trimming import trim_output
from director.job.job import Job
from director.shell.processes import Ended, Finished

_READ_BYTES = 256 * 1024


@dataclass(frozen=True)
class TestRun:
    """A command that ran, and both ends of what it said."""

    __test__ = False

    finished: Finished
    output: str

    @property
    def timed_out(self) -> bool:
        """Tell whether it was ended for taking too long."""
        return self.finished.ended in (Ended.TIMEOUT, Ended.IDLE)

    @property
    def passed(self) -> bool:
        """Tell whether it ended well and did not say that it ran no test at all."""
        return self.finished.succeeded and not ran_no_tests(self.output)

    def proves(self, *, counted: bool) -> bool:
        """Tell whether it shows that tests ran and passed; `counted`: the runner is known to say how many ran.

        Code that ends its process while it is imported makes a runner exit with 0 and say nothing.
        """
        return self.passed and (not counted or count_tests(self.output) is not None)

    def told(self) -> str:
        """Return what an agent is told: how it ended and the part of its output that matters."""
        match self.finished.ended:
            case Ended.EXITED if self.finished.succeeded:
                how = "it exited with 0 but ran no test"
            case Ended.EXITED:
                none_ran = " and ran no test" if ran_no_tests(self.output) else ""
                how = f"it exited with {self.finished.exit_code}{none_ran}"
            case Ended.FLOOD:
                how = "it was ended: it wrote too much"
            case _:
                how = f"it was ended after {self.finished.seconds:.0f} s"
        return f"{how}\n{trim_output(self.output)}"


def was_counted(job: Job, node: str) -> bool:
    """Tell whether the runner said how many of a node's tests ran when they last ran before the work.

    Where no attempt was made, that is when they were seen red.
    """
    seen = {"run": "before.txt", "tests": "red.txt"}
    before = (
        attempt / name for kind, name in seen.items() for attempt in reversed(numbered(job.directory, f"{kind}:{node}"))
    )
    last = next((output for output in before if output.is_file()), None)
    return last is not None and tells_count(last)


def tells_count(output: Path) -> bool:
    """Tell whether a runner said in its output how many tests ran."""
    return count_tests(_both_ends(output)) is not None


def run_before(job: Job, node: Node, *, log: Path) -> TestRun:
    """Run a node's tests at the tip, before the work, unless they were seen on a tree that is the same for them."""
    tip = job.tip()
    if known := _seen(job, node, job.repository.tree(tip), output=log / "before.txt"):
        return known
    run = run_in_checkout(job, tip, node.test_cmd, output=log / "before.txt")
    keep_seen(job, tip, node.test_cmd, run, output=log / "before.txt")
    return run


def keep_seen(job: Job, commit: str, command: str, run: TestRun, *, output: Path) -> None:
    """Note beside its output how a command ended by itself."""
    finished = run.finished
    if finished.ended is Ended.EXITED:
        tree, code = job.repository.tree(commit), finished.exit_code
        seen = Seen(tree=tree, command=command, exit_code=code, seconds=finished.seconds)
        write_model(output.with_suffix(".json"), seen, synced=False)


def _seen(job: Job, node: Node, tree: str, *, output: Path) -> TestRun | None:
    """Return what a node's tests said on a tree when they were written, or before an earlier attempt."""
    places = [
        *(attempt / "before.txt" for attempt in numbered(job.directory, f"run:{node.id}")),
        *(attempt / "red.txt" for attempt in numbered(job.directory, f"tests:{node.id}")),
    ]
    for place in filter(Path.is_file, places):
        known = read_remade(place.with_suffix(".json"), Seen)
        if known and known.command == node.test_cmd and _is_same(job, node, known.tree, tree):
            if place != output:
                shutil.copyfile(place, output)
            return TestRun(Finished(Ended.EXITED, known.exit_code, known.seconds), _both_ends(place))
    return None


def _is_same(job: Job, node: Node, before: str, now: str) -> bool:
    """Tell whether two trees are the same to a node's tests: they differ at most by the tests of other nodes."""
    if before == now:
        return True
    others = {path for other in job.nodes.values() if other.id != node.id for path in other.tests}
    try:
        return others.issuperset(job.repository.changed(before, now))
    except GitError:  # the user's git has pruned it
        return False


def run_in_checkout(job: Job, commit: str, command: str, *, output: Path, name: str = "") -> TestRun:
    """Run a shell command of the plan or the configuration in a clean checkout; it sees no secrets."""
    seconds = job.config.limits.test_timeout_secs
    with (
        job.at_work.test(),
        job.spans.within(SpanKind.GATE, name or output.stem) as span,
        job.pool.slot("gate", commit) as slot,
    ):
        finished = job.run_command(command, directory=slot.tree, output=output, seconds=seconds)
        shown = _both_ends(output).replace(f"{slot.tree}/", "")  # where an agent looks there is no such checkout
        run = TestRun(finished, shown)
        span.outcome = PASSED if run.passed else RED
    return run


def run_in_candidate(job: Job, commit: str, command: str, *, output: Path, name: str = "") -> TestRun:
    """Run a command in a clean checkout of what an agent made; raise Rejected if that cannot even be set up."""
    try:
        return run_in_checkout(job, commit, command, output=output, name=name)
    except SetupFailed as failed:
        if failed.commit != commit:
            raise
        raise Rejected(failed.message) from failed


def _both_ends(path: Path) -> str:
    if not path.is_file():
        return "[the command deleted its own output]"
    return read_ends(path, limit=_READ_BYTES)
