"""A server that misbehaves is an error in words, and never more than that."""

import resource
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from director.agents.driving.lines import LINES
from director.agents.opencode import session
from director.agents.opencode.serve import OpenCodeServe
from director.agents.protocol import Request, Surroundings
from director.core.calls import CallKey, End, Usage
from director.core.config.settings import BackendOptions
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.processes import Limits
from tests.agents import fake_opencode

Play = Callable[[str], tuple[OpenCodeServe, Request]]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """Return what makes a backend whose program plays a scenario, and a request for it."""
    made: list[OpenCodeServe] = []

    def make(scenario: str) -> tuple[OpenCodeServe, Request]:
        program = tmp_path / "program"
        script = shlex.quote(fake_opencode.__file__)
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {script} {scenario} "$@"\n')
        program.chmod(0o755)
        (tmp_path / "tree").mkdir()
        tier = parse_tier("lan/coder")
        options = BackendOptions(command=str(program))
        mark = f"job/{tmp_path.name}"
        backend = OpenCodeServe(Surroundings(options, tmp_path, tmp_path / "state", load_roles, (tier,), mark))
        made.append(backend)
        return backend, Request(
            key=CallKey(role=Role.EXECUTOR, task="run:parser"),
            tier=tier,
            role=load_roles()[Role.EXECUTOR],
            prompt="Please.",
            directory=tmp_path / "tree",
            log_directory=tmp_path / "logs",
            limits=Limits(wall=3),
            mark=mark,
        )

    yield make
    for backend in made:
        backend.close()
    assert processes.marked_processes(f"job/{tmp_path.name}") == []


def test_a_stream_that_is_cut_is_an_error_and_the_session_is_aborted(play: Play) -> None:
    backend, request = play("cut")

    reply = backend.ask(request)

    assert (reply.end, reply.detail) == (End.ERROR, "the OpenCode server closed the connection")
    assert reply.usage == Usage(input=5)
    assert processes.marked_processes(request.mark), "the server lives"


def test_a_server_that_does_not_obey_an_abort_is_ended(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ABORT_SECONDS", 1)
    backend, request = play("stubborn")

    reply = backend.ask(request)

    assert (reply.end, reply.detail) == (End.TIMEOUT, "not done after 3 seconds")
    assert processes.marked_processes(request.mark) == []


def test_what_is_no_event_is_passed_over_and_not_held_in_memory(play: Play) -> None:
    backend, request = play("noise")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    reply = backend.ask(request)

    assert (reply.end, reply.text, reply.usage) == (End.DONE, "Done.", Usage(input=5))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000, "in KB"


def test_a_flood_of_events_is_ended(play: Play) -> None:
    backend, request = play("flood")

    reply = backend.ask(replace(request, limits=Limits(wall=60)))

    assert (reply.end, reply.detail) == (End.ERROR, "it wrote more output than is allowed")
    assert (request.log_directory / "transcript.jsonl").read_bytes().count(b"\n") <= LINES + 1


def test_an_error_without_an_end_is_the_end_and_the_first_error_counts(play: Play) -> None:
    backend, request = play("silent")

    reply = backend.ask(request)

    assert (reply.end, reply.detail) == (End.ERROR, "what went wrong")


@pytest.mark.parametrize(
    ("scenario", "detail"),
    [
        ("refuses", "the OpenCode server refused: the schema is not liked (HTTP 400)"),
        ("malformed", "the OpenCode server's answer to 'POST /session' is no JSON"),
        ("huge", "the OpenCode server's answer is too long"),
        ("nameless", "the OpenCode server does not say which session it made"),
        ("list", "the OpenCode server does not say which session it made"),
    ],
)
def test_an_answer_that_is_none_is_an_error_in_words(play: Play, scenario: str, detail: str) -> None:
    backend, request = play(scenario)

    reply = backend.ask(request)

    assert reply.end is End.ERROR
    assert reply.detail.startswith(detail)
