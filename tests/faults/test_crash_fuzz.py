"""director is stopped at random times, again and again, until it is done: nothing is lost and nothing is paid twice."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random

import pytest

from tests.faults.state import PLAN, RUN, Trial, living, make_trial, outlived, problems, snapshot

NODES = {"a": (), "b": ("a",), "c": ("a",)}
COMMANDS = ([*PLAN[:-1], "4"], [*RUN[:-1], "4"])
ANSWER_SECONDS = 0.05
MOST_STOPS = 6
"""After so many stops of one command it is let go on to its end."""
STOPPED = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, 130)
ROUNDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 104))]


def kill(trial: Trial, process: int) -> None:
    """Kill director alone."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def interrupt(trial: Trial, process: int) -> None:
    """Press Ctrl-C: everything in director's own session gets the signal."""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGINT)


def terminate(trial: Trial, process: int) -> None:
    """Ask director to end."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)


def restart_machine(trial: Trial, process: int) -> None:
    """Kill director, its guardian, git, agents and tests."""
    kill(trial, process)
    while left := living(trial):
        for other in left:
            kill(trial, other)


def leave_lock(trial: Trial) -> None:
    """Leave the lock that git has on the branch which it is about to move, where director was at work."""
    if (trial.job / "job.json").exists() and (trial.job / "holder.json").exists():
        ref = trial.repository / ".git" / "refs" / "heads" / trial.read("job.json")["branch"]
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.with_name(f"{ref.name}.lock").touch()


WAYS = (kill, kill, kill, restart_machine, restart_machine, interrupt, terminate)


@cache
def seconds_of_a_run(place: Path) -> tuple[float, ...]:
    """Measure how long each command takes when nobody stops it."""
    trial, measured = make_trial(place, NODES, seconds=ANSWER_SECONDS), []
    for words in COMMANDS:
        started = time.monotonic()
        assert trial.director(words).code == 0
        measured.append(time.monotonic() - started)
    return tuple(measured)


@pytest.fixture
def lengths(tmp_path_factory: pytest.TempPathFactory) -> tuple[float, ...]:
    """How long each command takes."""
    return seconds_of_a_run(tmp_path_factory.getbasetemp() / "undisturbed")


def stop_until_done(trial: Trial, words: list[str], length: float, random: Random) -> list[str]:
    """Give a command until it is done, and stop it at random times; return how it was stopped."""
    stops = []
    while True:
        process = trial.start(words)
        way = random.choice(WAYS)
        if len(stops) < MOST_STOPS:
            delay = random.uniform(0, length)
            time.sleep(delay)
            way(trial, process)
            stops.append(f"{words[0]}: {way.__name__} after {delay:.3f} s")
        done = trial.wait()
        if done.code not in STOPPED:
            assert done.code == 0, "\n".join([*stops, done.output])
            return stops
        assert "Traceback" not in done.output, "\n".join([*stops, done.output])
        if way is restart_machine:
            leave_lock(trial)
        elif random.random() < 0.5:
            assert outlived(trial) == [], stops


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_job_completes_however_often_it_is_stopped(
    tmp_path: Path, lengths: tuple[float, ...], seed: int, record_property: Callable[[str, object], None]
) -> None:
    random = Random(seed)
    trial = make_trial(tmp_path / "trial", NODES, seconds=ANSWER_SECONDS)
    before = snapshot(trial)

    stops = [
        stop for words, length in zip(COMMANDS, lengths, strict=True)
        for stop in stop_until_done(trial, words, length, random)
    ]  # fmt: skip

    asked, arrived = trial.calls("asked"), trial.calls("arrived")
    record_property("stops", len(stops))
    record_property("asked", asked.total())
    assert [*outlived(trial), *problems(trial, before, list(NODES))] == [], stops
    assert arrived.total() == len(arrived), stops
    assert "run:a 3" not in asked and "run:b 2" not in asked, stops
