"""The recorded events are whole, small, the same on every machine, and of the versions that are installed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.agents.invocations import INVOCATIONS
from tests.agents.record_events import EVENTS, scenarios_of

RECORDINGS = [(program, name) for program in INVOCATIONS for name in scenarios_of(program)]
PINS = dict(re.findall(r"^(\w+)=([\d.]+)", (Path(__file__).parent.parent / "install-agents").read_text(), re.MULTILINE))
each_recording = pytest.mark.parametrize(("program", "name"), RECORDINGS)


def around(program: str, name: str) -> dict[str, Any]:
    return json.loads((EVENTS / program / f"{name}.json").read_text())


def test_there_is_a_recording_of_every_scenario_and_no_other() -> None:
    there = {(path.parent.name, path.stem) for path in EVENTS.glob("*/*.jsonl")}

    assert there == set(RECORDINGS)


@each_recording
def test_a_recording_is_small_and_names_no_machine(program: str, name: str) -> None:
    texts = [path.read_text() for path in (EVENTS / program).glob(f"{name}.json*")]

    assert len(texts) == 2
    assert max(map(len, texts)) < 30_000
    assert not re.search(r"/record-|/h/|127\.0\.0\.1:(?!1\b)\d", "".join(texts))


@each_recording
def test_a_recording_is_of_the_pinned_version(program: str, name: str) -> None:
    assert PINS[program.replace("-", "_")] in around(program, name)["version"]


@each_recording
def test_every_line_of_a_recording_is_an_event(program: str, name: str) -> None:
    lines = (EVENTS / program / f"{name}.jsonl").read_text().splitlines()

    assert lines
    assert all("type" in json.loads(line) for line in lines)


@pytest.mark.parametrize("program", INVOCATIONS)
def test_what_went_well_ended_with_status_0(program: str) -> None:
    exits = {around(program, name)["exit"] for name in ("happy", "textonly", "parallel", "denied", "structured")}

    assert exits == {0}
