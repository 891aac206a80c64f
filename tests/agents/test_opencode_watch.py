"""An OpenCode that is watched while it runs: what it has used is told, and it is ended when it must not go on."""

import json
import resource
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest

from director.agents.driving.lines import LINE_BYTES, LINES, Lines
from director.agents.opencode.run import OpenCodeRun
from director.agents.protocol import Request, Surroundings
from director.core.calls import CallKey, End, Reply, ToolEvent, ToolKind, Usage
from director.core.config.settings import BackendOptions
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.processes import Limits

TEXT = json.dumps({"type": "text", "part": {"id": "t", "messageID": "m", "text": "Done."}})
USE = json.dumps(
    {"type": "tool_use", "part": {"id": "u", "tool": "bash", "state": {"input": {"command": "make"}, "output": "ok"}}}
)
STEPS_OF_A_DOLLAR = """
number=0
while :; do
  number=$((number + 1))
  printf '{"type":"tool_use","part":{"id":"u%s","tool":"read","state":{"input":{"filePath":"%s"}}}}\\n' $number $number
  printf '{"type":"step_finish","part":{"id":"s%s","reason":"tool-calls","cost":1.0,"tokens":{"input":100}}}\\n' $number
  sleep 0.2
done
"""


def step(number: int | str = "", *, reason: str = "tool-calls", cost: object = 0.25, **tokens: object) -> str:
    part = {"id": f"s{number}" if number else "", "reason": reason, "cost": cost, "tokens": tokens}
    return json.dumps({"type": "step_finish", "part": part})


def say(*lines: str) -> str:
    return "\n".join(f"printf '%s\\n' {shlex.quote(line)}" for line in lines)


def python(*lines: str) -> str:
    return f"exec {shlex.quote(sys.executable)} -c {shlex.quote(chr(10).join(lines))}"


@dataclass
class Told:
    """What a call told of what it used; `may` says after each whether it may go on."""

    may: Callable[[float], bool] = lambda cost: True
    all: list[tuple[Usage, float | None]] = field(default_factory=list)

    def __call__(self, usage: Usage, cost: float | None) -> bool:
        self.all.append((usage, cost))
        return self.may(cost or 0.0)

    @property
    def costs(self) -> list[float | None]:
        return [cost for _, cost in self.all]


def backend(root: Path, command: str = "opencode") -> OpenCodeRun:
    repository = root / "repository"
    repository.mkdir(exist_ok=True)
    return OpenCodeRun(Surroundings(BackendOptions(command=command), repository, root / "state", load_roles))


def play(tmp_path: Path, script: str, told: Told | None = None, limits: Limits | None = None) -> Reply:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    opencode = backend(tmp_path, str(program))
    request = Request(
        key=CallKey(role=Role.EXECUTOR, task="run:parser"),
        tier=parse_tier("lan/coder"),
        role=load_roles()[Role.EXECUTOR],
        prompt="Please.",
        directory=tmp_path / "repository",
        log_directory=tmp_path / "logs",
        limits=limits or Limits(wall=60),
        mark=f"job/{tmp_path.name}",
        spent=told or Told(),
    )
    return opencode.ask(request)


def left_running(tmp_path: Path) -> list[object]:
    return list(processes.marked_processes(f"job/{tmp_path.name}"))


def recall(tmp_path: Path, *lines: str, stderr: str = "") -> Reply | None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "transcript.jsonl").write_text("".join(f"{line}\n" for line in lines))
    (logs / "stderr.txt").write_text(stderr)
    return backend(tmp_path).recall(logs, tmp_path / "repository")


def test_what_a_call_has_used_is_told_in_all_after_each_step(tmp_path: Path) -> None:
    told = Told()
    steps = [step(number, input=100, output=10, cache={"read": 7}) for number in (1, 2, 3)]

    play(tmp_path, f"{say(*steps)}\n{say(TEXT)}\nsleep 1.5", told)

    assert told.costs == [0.25, 0.5, 0.75]
    assert told.all[-1][0] == Usage(input=300, cached_input=21, output=30)


def test_a_step_that_is_told_twice_counts_once(tmp_path: Path) -> None:
    told = Told()

    reply = play(tmp_path, f"{say(step(1), step(1), step(2), TEXT)}\nsleep 1.5", told)

    assert told.costs == [0.25, 0.5]
    assert reply.cost_usd == 0.5


def test_a_cost_of_nothing_is_told_as_unknown(tmp_path: Path) -> None:
    told = Told()

    play(tmp_path, f"{say(step(1, cost=0, input=5), TEXT)}\nsleep 1.5", told)

    assert told.all == [(Usage(input=5), None)]


@pytest.mark.parametrize("cost", [None, float("nan"), float("inf"), -1.0, "much", [1]])
def test_a_cost_that_is_none_is_no_reason_to_overlook_a_step(tmp_path: Path, cost: object) -> None:
    told = Told()

    reply = play(tmp_path, f"{say(step(1, cost=cost, input=5, output=-3), step(2), TEXT)}\nsleep 1.5", told)

    assert told.all == [(Usage(input=5), None), (Usage(input=5), 0.25)]
    assert (reply.end, reply.cost_usd, reply.usage) == (End.DONE, 0.25, Usage(input=5))


def test_a_call_that_may_not_go_on_is_ended_over_budget_with_what_it_had_used(tmp_path: Path) -> None:
    told = Told(may=lambda cost: cost < 2)

    reply = play(tmp_path, STEPS_OF_A_DOLLAR, told)

    assert (reply.end, reply.detail) == (End.OVER_BUDGET, "the job's cost ceiling was reached")
    assert told.costs[-1] == 2.0
    assert reply.cost_usd is not None
    assert 2.0 <= reply.cost_usd <= 10.0
    assert reply.usage.input == 100 * reply.cost_usd
    assert reply.seconds < 20
    assert left_running(tmp_path) == []


def test_a_call_whose_last_step_reaches_the_ceiling_is_done_all_the_same(tmp_path: Path) -> None:
    told = Told(may=lambda cost: cost < 0.5)

    reply = play(tmp_path, f"{say(step(1), TEXT, step(2, reason='stop'))}\nsleep 1.5", told)

    assert (reply.end, reply.text, told.costs) == (End.DONE, "Done.", [0.25, 0.5])


def test_the_same_step_over_and_over_is_ended_before_money_is(tmp_path: Path) -> None:
    lines = [line for number in range(1, 12) for line in (USE.replace('"u"', f'"u{number}"'), step(number))]

    reply = play(tmp_path, f"{say(*lines)}\nexec sleep 60")

    assert reply.end is End.ERROR
    assert reply.detail.startswith("it went in circles")


def test_a_flood_of_events_is_ended_soon_and_not_held_in_memory(tmp_path: Path) -> None:
    line = step(input=1) + "\n"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    reply = play(tmp_path, python("import os", f"lines = {line!r}.encode() * 1000", "while True: os.write(1, lines)"))

    assert reply.end is End.ERROR
    assert reply.detail in (
        "it wrote more output than is allowed",
        "it went in circles: the same step over and over, or answers that break off",
    )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000, "in KB"
    assert left_running(tmp_path) == []


def test_a_flood_that_is_over_before_it_is_seen_is_an_error_too(tmp_path: Path) -> None:
    reply = play(tmp_path, python(f"import os; os.write(1, {(TEXT + chr(10))!r}.encode() * {LINES + 1})"))

    assert (reply.end, reply.detail) == (End.ERROR, "it wrote more output than is allowed")


def test_a_line_of_50_megabytes_is_left_out_and_not_held_in_memory(tmp_path: Path) -> None:
    told = Told()
    long = python(
        "import sys, time",
        f"print({step(1)!r}, flush=True)",
        "for _ in range(50): sys.stdout.write('x' * 1024 * 1024)",
        f"print('\\n' + {step(2)!r}, flush=True)",
        f"print({TEXT!r}, flush=True)",
        "time.sleep(1.5)",
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    reply = play(tmp_path, long, told)

    assert (reply.end, reply.text, reply.cost_usd, told.costs) == (End.DONE, "Done.", 0.5, [0.25, 0.5])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000, "in KB"


def test_the_end_of_a_line_that_is_too_long_is_no_line() -> None:
    stream = BytesIO(b"x" * LINE_BYTES + TEXT.encode() + b"\n" + step(1).encode() + b"\n")

    assert list(Lines(stream).whole()) == [step(1).encode() + b"\n"]


def test_a_line_is_read_when_it_is_complete() -> None:
    stream = BytesIO(b"one\ntw")
    lines = Lines(stream)

    first = list(lines.whole())
    stream.seek(0, 2)
    stream.write(b"o\nthree\n")
    stream.seek(4)

    assert (first, list(lines.whole())) == ([b"one\n"], [b"two\n", b"three\n"])


@pytest.mark.parametrize("length", [LINE_BYTES - 1, LINE_BYTES, LINE_BYTES + 1])
def test_lines_about_as_long_as_is_allowed(length: int) -> None:
    lines = list(Lines(BytesIO(b"x" * (length - 1) + b"\nnext\n")).whole())

    assert [len(line) for line in lines] == ([length, 5] if length <= LINE_BYTES else [5])


def test_a_log_of_any_length_is_judged_at_once(tmp_path: Path) -> None:
    for piece in ("level=ERROR ", 'level=ERROR error="', " error=", '\\"', "\x1b["):
        started = time.process_time()

        reply = play(tmp_path, python(f"import os, sys; os.write(2, {piece!r}.encode() * 100_000); sys.exit(1)"))

        assert reply.end is End.ERROR
        assert len(reply.detail) < 3000
        assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        ({"message": "slow", "statusCode": 429, "responseHeaders": {"retry-after": "30"}}, 30),
        ({"message": "slow", "statusCode": 429, "responseHeaders": {"Retry-After-Ms": "1500"}}, 1.5),
        ({"message": "Rate limit reached. Please try again in 6.5s."}, 6.5),
        ({"message": "Rate limit", "responseBody": '{"retryDelay": "34s"}'}, 34),
        ({"message": "Overloaded", "statusCode": 529}, None),
        ({"message": "slow", "statusCode": 429, "responseHeaders": {"retry-after": 30}}, None),
        ({"message": "quota exceeded", "responseHeaders": {"retry-after": "soon"}}, None),
    ],
)
def test_a_rate_limit_comes_with_the_wait_that_the_provider_tells(
    tmp_path: Path, error: dict[str, object], wait: float | None
) -> None:
    reply = play(tmp_path, say(json.dumps({"type": "error", "error": {"name": "APIError", "data": error}})))

    assert (reply.end, reply.retry_after) == (End.RATE_LIMITED, wait)


def test_an_error_that_is_none_of_rate_tells_no_wait(tmp_path: Path) -> None:
    error = {"message": "no key", "statusCode": 401, "responseHeaders": {"retry-after": "30"}}

    reply = play(tmp_path, say(json.dumps({"type": "error", "error": {"data": error}})))

    assert (reply.end, reply.retry_after) == (End.REFUSED, None)


def test_a_program_that_waits_in_silence_for_its_provider_tells_the_wait_of_its_log(tmp_path: Path) -> None:
    logged = 'level=ERROR message=x error="AI_APICallError: rate limit reached, try again in 90s"'

    reply = play(tmp_path, f"{say(logged)} >&2\nexec sleep 60", limits=Limits(wall=60, idle=1))

    assert (reply.end, reply.retry_after) == (End.RATE_LIMITED, 90)


def test_a_call_that_came_to_its_end_is_recalled_as_it_would_have_been_returned(tmp_path: Path) -> None:
    lines = (step(1, input=10), USE, TEXT, step(2, reason="stop", output=5))

    reply = recall(tmp_path, *lines)

    assert reply == Reply(
        end=End.DONE,
        text="Done.",
        usage=Usage(input=10, output=5),
        cost_usd=0.5,
        events=(ToolEvent(kind=ToolKind.RUN, detail="make"),),
    )


@pytest.mark.parametrize(
    "lines",
    [
        [step(1)],
        [step(1), step(2)],
        [step(1), TEXT],
        [step(1, reason="stop"), '{"type": "step_start"}'],
        [step(1, reason="stop"), '{"type": "error", "error": {"name": "APIError"}}'],
        [step(1, reason="unknown")],
        [step(1, reason="")],
    ],
    ids=["a step", "steps", "a text", "another step began", "an error", "broken off", "no reason"],
)
def test_a_call_that_had_not_come_to_its_end_is_recalled_as_interrupted(tmp_path: Path, lines: list[str]) -> None:
    reply = recall(tmp_path, *lines)

    assert reply
    assert reply.end is End.INTERRUPTED
    assert reply.cost_usd == 0.25 * sum("step_finish" in line for line in lines)


def test_a_call_that_told_nothing_is_not_recalled(tmp_path: Path) -> None:
    assert recall(tmp_path, "", "no event", "{") is None


def test_a_call_without_a_transcript_is_not_recalled(tmp_path: Path) -> None:
    assert backend(tmp_path).recall(tmp_path / "nothing", tmp_path) is None


def test_an_answer_of_another_agent_is_not_recalled_as_done(tmp_path: Path) -> None:
    reply = recall(tmp_path, TEXT, step(1, reason="stop"), stderr="agent not found. Falling back to default agent\n")

    assert reply
    assert reply.end is End.INTERRUPTED


def test_a_flood_is_not_recalled_as_done(tmp_path: Path) -> None:
    reply = recall(tmp_path, step(1, reason="stop"), *["x"] * LINES)

    assert reply
    assert reply.end is End.INTERRUPTED
