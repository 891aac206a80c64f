"""Record the events of the real programs, for the tests that read them without the programs.

    python -m tests.agents.record_events                       every scenario of every program that is installed
    python -m tests.agents.record_events codex                 every scenario of one
    python -m tests.agents.record_events codex happy denied    the named ones

Writes tests/agents/events/PROGRAM/SCENARIO.jsonl, which is standard output, and SCENARIO.json beside it: the command
line, the exit status, the end of standard error and the version of the program. Paths, addresses and long texts are
made equal for all machines; identifiers and times stay. Run it again after a pinned version was raised.
"""

import json
import os
import re
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from director.shell import processes
from director.shell.environment import MARK
from director.shell.processes import Finished, Limits
from tests.agents.invocations import INVOCATIONS, Bench, Invocation
from tests.agents.model_server import ModelServer, Script, in_turn, read_file, run_command, write_file
from tests.agents.programs import INSTALLED, PROGRAMS, argv_of, version_of

EVENTS = Path(__file__).parent / "events"
PROMPT = b"Please do it."
SECONDS = 90
LONGEST_TEXT = 400
LONGEST_FILE = 28_000
LONGEST_STDERR = 1_500
TOOLS_KEYS = {"description", "parameters"}
"""What a tool is described by, where a program tells its tools in its events."""


@dataclass(frozen=True)
class Scenario:
    """What is asked of a program."""

    model: str
    writes: bool = True
    is_structured: bool = False
    programs: Sequence[str] = PROGRAMS
    """Those that take it differently from other scenarios."""


SCRIPTS: Mapping[str, Script] = {
    "denied": in_turn(
        [write_file("evil.txt", "x\n"), run_command("touch evil.txt"), read_file("a.txt"), read_file("/etc/hostname")],
        "I tried.",
    ),
    "parallel": in_turn(
        [run_command("sleep 1; exit 3"), write_file("src/new.py", "x = 1\n"), read_file("a.txt")], "All three are done."
    ),
}
SCENARIOS: Mapping[str, Scenario] = {
    "happy": Scenario("happy"),
    "textonly": Scenario("textonly"),
    "parallel": Scenario("parallel"),
    "denied": Scenario("denied", writes=False),
    "structured": Scenario("structured", writes=False, is_structured=True),
    "err401": Scenario("err401"),
    "err429": Scenario("err429"),
    "err500": Scenario("err500"),
    "err529": Scenario("err529"),
    "overflow": Scenario("overflow"),
    "unknown_model": Scenario("absent"),
    "unlisted_model": Scenario("unlisted", programs=("opencode", "pi")),
    "cutoff": Scenario("cutoff"),
    "malformed": Scenario("malformed"),
}


def scenarios_of(program: str) -> list[str]:
    """Return the names of what is recorded of a program."""
    return [name for name, scenario in SCENARIOS.items() if program in scenario.programs]


def record(program: str, name: str) -> str:
    """Run a program in a scenario, write what it said, and return how it ended."""
    scenario = SCENARIOS[name]
    with tempfile.TemporaryDirectory(prefix="record-") as scratch, ModelServer(SCRIPTS) as server:
        root = Path(scratch)
        bench = Bench(server, scenario.model, root / "repo", root / "home", scenario.writes, scenario.is_structured)
        _prepare(bench)
        invocation = INVOCATIONS[program](bench)
        finished = _run(bench, invocation, root)
        _keep(program, name, bench, invocation, finished, root)
    return f"{program} {name}: {finished.ended}, exit {finished.exit_code}, {finished.seconds:.1f} s"


def _prepare(bench: Bench) -> None:
    bench.home.mkdir()
    bench.repository.mkdir()
    (bench.repository / "a.txt").write_text("a\n")
    processes.capture(["git", "init", "--quiet"], cwd=bench.repository, env=dict(os.environ))


def _run(bench: Bench, invocation: Invocation, root: Path) -> Finished:
    sealed = {"HOME": str(bench.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "NO_COLOR": "1"}
    return processes.run(
        invocation.argv,
        cwd=bench.repository,
        env={**sealed, **invocation.environment},
        output=root / "stdout",
        error=root / "stderr",
        stdin=PROMPT,
        limits=Limits(wall=SECONDS),
        mark="record/events",
    )


def _keep(program: str, name: str, bench: Bench, invocation: Invocation, finished: Finished, root: Path) -> None:
    def same(text: str) -> str:
        for place, put in (
            (str(bench.repository), "/repo"),
            (str(bench.home), "/home/user"),
            (str(root), "/scratch"),
            (str(INSTALLED), "/programs"),
            (bench.server.url.removeprefix("http://"), "127.0.0.1:1"),
        ):
            text = text.replace(place, put)
        return re.sub(rf"{MARK}=\S+", "", text)

    directory = EVENTS / program
    directory.mkdir(parents=True, exist_ok=True)
    lines = [_shortened(same(line)) for line in (root / "stdout").read_text(errors="replace").splitlines()]
    kept = _head(lines, LONGEST_FILE)
    (directory / f"{name}.jsonl").write_text("".join(kept))
    around: dict[str, Any] = {
        "argv": [same(part) for part in invocation.argv],
        "exit": finished.exit_code,
        "ended": finished.ended,
        "lines_left_out": len(lines) - len(kept),
        "stderr": same((root / "stderr").read_text(errors="replace"))[-LONGEST_STDERR:],
        "version": version_of(program),
    }
    (directory / f"{name}.json").write_text(json.dumps(around, indent=1) + "\n")


def _shortened(line: str) -> str:
    """Shorten the long texts of an event; what is no event stays as it is."""
    try:
        return json.dumps(_short(json.loads(line)), ensure_ascii=False, separators=(",", ":")) + "\n"
    except ValueError:
        return line + "\n"


def _short(value: object) -> object:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if isinstance(value, list):
        return [_short(entry) for entry in value]
    if isinstance(value, dict):
        kept = {key: entry for key, entry in value.items() if key not in TOOLS_KEYS or not value.keys() >= TOOLS_KEYS}
        return {key: _short(entry) for key, entry in kept.items()}
    return value


def _head(lines: list[str], limit: int) -> list[str]:
    """Return the first lines, as if the program had been killed where the limit is."""
    sizes = list(accumulate(map(len, lines)))
    return lines[: bisect_right(sizes, limit)]


def main(program: str = "", *names: str) -> None:
    """Record what was asked for."""
    for wanted in [program] if program else [name for name in INVOCATIONS if argv_of(name)]:
        for name in names or scenarios_of(wanted):
            print(record(wanted, name), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
