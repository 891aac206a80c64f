"""What is shown while a build runs: lines in a pipe, a live table at a terminal."""

import io
import re
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from director.cli.progress import Progress, Verbosity
from director.core.calls import CallKey, CallRecord, End, Usage
from director.core.events import CallEnded, CallStarted, Note, Step
from director.core.roles import Role
from director.core.tiers import Tier
from director.tasks.outcomes import Bug, Failed, LimitHit, PausedForApproval, Stopped
from tests.cli.terminal import Terminal, screen
from tests.project import Project

TIER = Tier(backend="replay", model="x")
KEY = CallKey(role=Role.EXECUTOR, task="run:a")
DIRECTOR = [sys.executable, "-m", "director"]


def task(name: str, *, group: bool = False) -> Any:
    """What Progress looks at of doit's task."""
    return SimpleNamespace(name=name, actions=[] if group else ["act"])


def record(cost: float | None) -> CallRecord:
    return CallRecord(
        time="2026-01-02T03:04:05.000+00:00",
        job="j",
        role=KEY.role,
        task=KEY.task,
        attempt=1,
        tier=TIER,
        end=End.DONE,
        usage=Usage(),
        cost_usd=cost,
        cost_source="program",
        seconds=61,
    )


def told(verbosity: Verbosity) -> list[str]:
    """Return the lines of a build in which everything happens, without their time."""
    output = io.StringIO()
    progress = Progress(verbosity, output=Console(file=output, width=200))
    progress.initialize({}, [])
    progress.execute_task(task("run:a"))
    progress(CallStarted(KEY, TIER))
    progress(CallEnded(KEY, record(0.25)))
    progress(Step("run:a", "gate"))
    progress(Note("flaky", task="run:a", hint="look at it"))
    progress.add_success(task("run:a"))
    progress.add_success(task("run", group=True))
    progress.skip_uptodate(task("run:b"))
    progress.add_failure(task("run:c"), Failed("it is red\nhint: mend it"))
    progress.waiting(task("run:d"), ["run:c", "run:x"])
    progress.waiting(task("run:e"), ["run:d"])
    progress.paused(task("gate:plan"), PausedForApproval("plan.json waits"))
    progress.skip_ignore(task("run:f"))
    progress.complete_run()
    lines = output.getvalue().splitlines()
    return [re.sub(r"^\d\d:\d\d:\d\d  ", "", re.sub(r"done in [\d.]+ s", "done in X s", line)) for line in lines]


def test_quiet_says_what_failed_and_what_waits() -> None:
    assert told(Verbosity.QUIET) == [
        "run:c            failed: it is red",
        "hint: mend it",
        "run:d            waits for run:c",
        "gate:plan        plan.json waits",
    ]


def test_normal_says_also_what_is_asked_and_what_is_done() -> None:
    assert told(Verbosity.NORMAL) == [
        "run:a            executor, attempt 1, replay:x",
        "run:a            flaky",
        "run:a            hint: look at it",
        "run:a            done in X s, $0.2500",
        *told(Verbosity.QUIET),
    ]


def test_verbose_says_every_step() -> None:
    assert told(Verbosity.VERBOSE) == [
        "run:a            executor, attempt 1, replay:x",
        "run:a            executor done after 1:01, $0.2500",
        "run:a            gate",
        "run:a            flaky",
        "run:a            hint: look at it",
        "run:a            done in X s, $0.2500",
        "run:b            up to date",
        "run:c            failed: it is red",
        "hint: mend it",
        "run:d            waits for run:c",
        "run:e            waits for run:d",
        "gate:plan        plan.json waits",
        "run:f            not started",
    ]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Failed("red"), "run:a            failed: red"),
        (Bug("Traceback"), "run:a            failed: Traceback"),
        (LimitHit("the job has cost $5"), "run:a            the job has cost $5"),
        (Stopped("director was asked to stop"), "run:a            stopped"),
    ],
)
def test_only_what_failed_is_called_a_failure(outcome: Any, said: str) -> None:
    output = io.StringIO()
    progress = Progress(Verbosity.QUIET, output=Console(file=output, width=200))

    progress.add_failure(task("run:a"), outcome)

    assert output.getvalue()[10:] == f"{said}\n"


def test_a_call_of_unknown_price_is_not_shown_as_free() -> None:
    output = io.StringIO()
    progress = Progress(Verbosity.VERBOSE, output=Console(file=output, width=200))

    progress(CallEnded(KEY, record(None)))

    assert output.getvalue().endswith("executor done after 1:01, ?\n")


def test_colour_that_is_forced_upon_a_pipe_draws_no_table() -> None:
    output = io.StringIO()
    progress = Progress(output=Console(file=output, width=200, force_terminal=True, color_system="standard"))

    progress.initialize({}, [])
    progress.execute_task(task("run:a"))
    progress.add_success(task("run:a"))
    progress.complete_run()

    assert "\x1b[?25l" not in output.getvalue()
    assert re.fullmatch(r"(\x1b\[[\d;]*m)*\d\d:\d\d:\d\d .*\n", output.getvalue())


class Tty(io.StringIO):
    """A file that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def test_many_tasks_that_talk_while_the_table_is_drawn_do_not_block_each_other() -> None:
    console = Console(file=Tty(), width=80, force_terminal=True)
    progress = Progress(output=console)

    def talk(number: int) -> None:
        for again in range(100):
            name = task(f"run:{number}-{again}")
            progress.execute_task(name)
            progress(CallStarted(CallKey(role=Role.EXECUTOR, task=name.name), TIER))
            progress.add_success(name)

    progress.initialize({}, [])
    threads = [threading.Thread(target=talk, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    threading.Thread(target=lambda: [console.print("somebody else") for _ in range(100)], daemon=True).start()
    for thread in threads:
        thread.join(20)

    assert not any(thread.is_alive() for thread in threads)
    progress.complete_run()


def test_in_a_pipe_there_are_only_plain_lines(project: Project) -> None:
    done = project.director("plan", "write the modules", "--auto", "--no-critique")

    assert re.search(r"(?m)^\d\d:\d\d:\d\d  tests:alpha      done in [\d.]+ s, \$0\.0100$", done.out)
    assert "\x1b" not in done.out + done.err


def test_a_quiet_build_that_goes_well_says_nothing(project: Project) -> None:
    done = project.director("plan", "write the modules", "--auto", "--no-critique", "-q")

    assert (done.out, done.err) == ("", "")


def test_at_a_terminal_a_table_is_drawn_and_gone_at_the_end(project: Project) -> None:
    project.set_call("explorer", "recon", {"text": "A small project.", "seconds": 0.8})

    terminal = Terminal.start([*DIRECTOR, "plan", "write the modules", "--auto", "--no-critique"], project.root)
    code = terminal.finish()

    assert code == 0
    assert re.search(r"recon  explorer, attempt 1  replay:\.director/cassette\.yaml  0\.\d s  \$0\.0000", terminal.raw)
    assert terminal.raw.rfind("\x1b[?25h") > terminal.raw.rfind("\x1b[?25l") >= 0
    lines = [re.sub(r"\d+\.\d s", "X s", line) for line in screen(terminal.raw)]
    assert "recon            done in X s, $0.0100" in lines
    assert "tests:gamma      done in X s, $0.0100" in lines
    assert not [line for line in lines if line.startswith("recon  ") and "$0.0000" in line]
    assert "run 'director run'" in " ".join(lines)


def test_a_quiet_build_draws_no_table(project: Project) -> None:
    terminal = Terminal.start([*DIRECTOR, "plan", "write the modules", "-q"], project.root)
    code = terminal.finish()

    assert code == 4
    assert "\x1b[?25l" not in terminal.raw
    assert "spec.md waits for your approval" in terminal.raw


def test_ctrl_c_leaves_the_terminal_as_it_was(project: Project) -> None:
    project.set_call("explorer", "recon", {"seconds": 30})

    terminal = Terminal.start([*DIRECTOR, "plan", "write the modules"], project.root)
    terminal.read_until("recon  explorer, attempt 1")
    terminal.interrupt()
    code = terminal.finish()

    assert code == 130
    assert "Traceback" not in terminal.raw
    assert terminal.raw.rfind("\x1b[?25h") > terminal.raw.rfind("\x1b[?25l")
    assert screen(terminal.raw)[-3:] == [
        "recon            stopped",
        "stopped; finished work is kept, and the same command goes on from here",
        "",
    ]


def test_tables_fit_a_narrow_terminal_without_cutting_names(project: Project) -> None:
    project.plan()

    terminal = Terminal.start([*DIRECTOR, "pending"], project.root, columns=40)
    terminal.finish()

    lines = screen(terminal.raw)
    assert max(map(len, lines)) <= 40
    assert {line.partition(" ")[0] for line in lines} >= {"baseline", "run:alpha", "run:beta", "integrate"}


@pytest.mark.parametrize("name", ["NO_COLOR", "TERM"])
def test_colour_can_be_declined(project: Project, name: str) -> None:
    value = {"NO_COLOR": "1", "TERM": "dumb"}[name]

    terminal = Terminal.start([*DIRECTOR, "status", "--bogus"], project.root, env={name: value})
    terminal.finish()

    assert "\x1b[3" not in terminal.raw
    assert screen(terminal.raw)[0] == "error: 'director status' has no option '--bogus'"
