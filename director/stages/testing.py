"""Run a command in a clean checkout of a commit."""

from dataclasses import dataclass
from pathlib import Path

from director.artifacts.attempts import numbered
from director.artifacts.files import read_ends
from director.core.errors import Rejected, SetupFailed
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


def run_in_checkout(job: Job, commit: str, command: str, *, output: Path) -> TestRun:
    """Run a shell command of the plan or the configuration in a clean checkout; it sees no secrets."""
    seconds = job.config.limits.test_timeout_secs
    with job.spans.within(SpanKind.GATE, output.stem) as span, job.pool.slot("gate", commit) as slot:
        finished = job.run_command(command, directory=slot.tree, output=output, seconds=seconds)
        shown = _both_ends(output).replace(f"{slot.tree}/", "")  # where an agent looks there is no such checkout
        run = TestRun(finished, shown)
        span.outcome = PASSED if run.passed else RED
    return run


def run_in_candidate(job: Job, commit: str, command: str, *, output: Path) -> TestRun:
    """Run a command in a clean checkout of what an agent made; raise Rejected if that cannot even be set up."""
    try:
        return run_in_checkout(job, commit, command, output=output)
    except SetupFailed as failed:
        if failed.commit != commit:
            raise
        raise Rejected(failed.message) from failed


def _both_ends(path: Path) -> str:
    if not path.is_file():
        return "[the command deleted its own output]"
    return read_ends(path, limit=_READ_BYTES)
