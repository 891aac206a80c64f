"""The real OpenCode by server: what a server does beyond a run, and what is left when something dies."""

import http.client
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from director.core.calls import End, Reply, ToolEvent, ToolKind, Usage
from director.core.config.settings import Sampling
from director.core.errors import AgentError, ConfigError, Interrupted
from director.core.replies import reply_schema
from director.core.roles import Output, Role
from director.shell import processes
from director.shell.processes import Limits
from tests.agents import model_server
from tests.agents.opencode import MARKS, Bench
from tests.shell.programs import is_alive, still_alive

pytestmark = MARKS
STEP = Usage(input=600, cached_input=400, output=50, reasoning=20)


@pytest.fixture
def mode() -> str:
    return "serve"


@pytest.fixture
def going_on(bench: Bench) -> Iterator[Callable[[], None]]:
    """Return what waits until the agent's command runs."""
    yield lambda: wait_for(bench.repository / "pid")


def wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not (path.exists() and path.read_text().strip()) and time.monotonic() < until:
        time.sleep(0.05)
    assert path.exists()


def servers_of(bench: Bench) -> list[psutil.Process]:
    """Return the servers of the bench's own backend."""
    return [psutil.Process(entry.pid) for entry in processes.marked_processes(f"job/{bench.root.name}")]


def pids_in(directory: Path) -> list[int]:
    return [int(line) for line in (directory / "pid").read_text().split()]


def test_an_object_that_was_asked_for_is_the_answer(bench: Bench) -> None:
    reply = bench.backend.ask(replace(bench.request("structured", Role.REVIEWER), output=reply_schema(Output.CRITIQUE)))

    assert (reply.end, reply.text, reply.usage) == (End.DONE, '{"verdict": "approve", "problems": []}', STEP)
    assert reply.events == (), "how an answer is given is no use of a tool"
    (asked,) = bench.server.asked
    assert set(asked.tools) == {"glob", "grep", "read", "StructuredOutput"}
    assert bench.backend.recall(bench.logs, bench.repository) == reply.model_copy(update={"seconds": 0.0})


def test_words_are_taken_where_the_object_is_missing(bench: Bench) -> None:
    reply = bench.backend.ask(replace(bench.request("textonly", Role.REVIEWER), output=reply_schema(Output.CRITIQUE)))

    assert (reply.end, reply.text) == (End.DONE, "Only words.")


def test_one_server_serves_all_calls_and_ends_with_the_backend(bench: Bench) -> None:
    bench.use()
    assert servers_of(bench) == [], "it is not started before the first call"

    with ThreadPoolExecutor() as pool:
        list(pool.map(bench.backend.ask, bench.requests(["textonly"] * 3)))

    (server,) = servers_of(bench)
    port = re.search(r"listening on http://127\.0\.0\.1:(\d+)", (bench.root / "state/server.log").read_text())
    assert port
    password = server.environ()["OPENCODE_SERVER_PASSWORD"]
    assert password not in " ".join(server.cmdline())
    assert password not in (bench.root / "state/server.log").read_text()
    assert status_without_password(int(port[1])) == 401
    assert {connection.laddr.ip for connection in server.net_connections()} == {"127.0.0.1"}
    bench.close()
    assert servers_of(bench) == []


def status_without_password(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/session")
    return connection.getresponse().status


def test_what_a_call_leaves_ends_with_it_while_another_goes_on(bench: Bench) -> None:
    one, two = bench.requests(["leaver", "patient"])

    with ThreadPoolExecutor() as pool:
        second = pool.submit(bench.backend.ask, two)
        wait_for(two.directory / "pid")
        first = bench.backend.ask(one)

        assert (first.end, first.text) == (End.DONE, "Done.")
        assert still_alive(pids_in(one.directory), within=0) == []
        assert all(map(is_alive, pids_in(two.directory)))
        (two.directory / "go").touch()
        assert second.result().end is End.DONE


def test_an_abort_ends_the_command_and_everything_below_it(bench: Bench, going_on: Callable[[], None]) -> None:
    with ThreadPoolExecutor() as pool:
        reply = pool.submit(bench.backend.ask, replace(bench.request("busy"), limits=Limits(wall=10)))
        going_on()
        result = reply.result()

    assert (result.end, result.detail, result.usage) == (End.TIMEOUT, "not done after 10 seconds", STEP)
    assert len(pids_in(bench.repository)) == 3
    assert still_alive(pids_in(bench.repository), within=0) == []
    assert bench.ask("textonly").end is End.DONE, "the server lives"


def test_a_stop_of_director_ends_the_call_and_what_it_runs(bench: Bench, going_on: Callable[[], None]) -> None:
    with ThreadPoolExecutor() as pool:
        call = pool.submit(bench.backend.ask, bench.request("busy"))
        going_on()
        processes.request_stop()
        try:
            with pytest.raises(Interrupted):
                call.result()
        finally:
            processes.clear_stop()

    assert still_alive(pids_in(bench.repository), within=0) == []


def test_a_server_that_dies_takes_its_call_down_and_the_next_call_starts_another(
    bench: Bench, going_on: Callable[[], None]
) -> None:
    bench.use()
    with ThreadPoolExecutor() as pool:
        call = pool.submit(bench.backend.ask, bench.request("busy"))
        going_on()
        servers_of(bench)[0].kill()
        reply = call.result()

    assert (reply.end, reply.usage) == (End.ERROR, STEP)
    assert reply.detail.startswith("the OpenCode server ended (exit status -9): ")
    assert still_alive(pids_in(bench.repository), within=0) == []
    assert bench.ask("textonly").end is End.DONE
    assert len(servers_of(bench)) == 1


DIRECTOR = """
import sys
from dataclasses import replace
from pathlib import Path
from director.shell.guardian import Guardian
from tests.agents.model_server import ModelServer
from tests.agents.opencode import SCRIPTS, Bench, options_for, surroundings
from director.agents.opencode.backend import opencode

root = Path(sys.argv[1])
with ModelServer(SCRIPTS) as server:
    guardian = Guardian(f"job/{root.name}")
    bench = Bench("serve", server, root, opencode(surroundings(server, root, options_for(server, "serve"))))
    bench.backend.ask(replace(bench.request("marked"), mark=f"job/{root.name}"))
"""


def test_nothing_is_left_when_director_is_killed_and_what_was_used_is_known(bench: Bench, tmp_path: Path) -> None:
    director = subprocess.Popen([sys.executable, "-c", DIRECTOR, str(tmp_path)], cwd=Path(__file__).parents[2])
    wait_for(bench.repository / "pid")
    pids = [*pids_in(bench.repository), *(server.pid for server in servers_of(bench))]

    director.send_signal(signal.SIGKILL)
    director.wait()

    assert len(pids) >= 4
    assert still_alive(pids, within=20) == []
    assert servers_of(bench) == []
    recalled = bench.backend.recall(bench.logs, bench.repository)
    assert recalled == Reply(end=End.INTERRUPTED, usage=STEP, events=(ToolEvent(kind=ToolKind.EDIT, detail="a.txt"),))


def test_refusals_are_told_once_and_not_borne_for_long(bench: Bench) -> None:
    notes: list[str] = []

    reply = bench.backend.ask(replace(bench.request("err429"), note=notes.append))

    assert reply.end is End.RATE_LIMITED
    assert notes == ["the agent program asks its provider again: rate limit reached"]
    assert len(bench.server.asked) <= 4


def test_a_provider_that_wants_a_long_wait_is_not_waited_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_server, "RETRY_MILLISECONDS", "3600000")

    reply = bench.ask("err429")

    assert (reply.end, len(bench.server.asked)) == (End.RATE_LIMITED, 1)
    assert reply.retry_after == pytest.approx(3600, abs=5)


def test_a_call_that_may_not_go_on_is_ended_with_what_it_had_used(bench: Bench) -> None:
    told: list[Usage] = []

    def spent(usage: Usage, cost_usd: float | None) -> bool:
        told.append(usage)
        return len(told) < 2

    reply = bench.backend.ask(replace(bench.request("happy"), spent=spent))

    assert (reply.end, reply.detail) == (End.OVER_BUDGET, "the job's cost ceiling was reached")
    assert told[:2] == [STEP, STEP + STEP]
    assert reply.usage.input >= 1200


def test_another_temperature_for_the_same_role_and_directory_reaches_the_model(bench: Bench) -> None:
    for temperature in (0.125, 0.875, 0.125):
        bench.backend.ask(replace(bench.request("textonly"), sampling=Sampling(temperature=temperature)))

    assert [asked.body["temperature"] for asked in bench.server.asked] == [0.125, 0.875, 0.125]


@pytest.fixture
def broken(bench: Bench) -> Iterator[Callable[[str], Bench]]:
    """Return what makes the program a script that says what a broken OpenCode would say."""

    def make(script: str) -> Bench:
        program = bench.root / "program"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        bench.use(command=str(program))
        return bench

    yield make


def test_a_server_that_does_not_come_up_is_told_with_its_own_words(broken: Callable[[str], Bench]) -> None:
    bench = broken("echo 'Error: no space left for the database' >&2; exit 3")

    with pytest.raises(AgentError) as caught:
        bench.ask("happy")

    assert caught.value.message == (
        "the OpenCode server ended at once (exit status 3): Error: no space left for the database"
    )
    assert caught.value.hint == f"see {bench.root / 'state/server.log'}"


def test_a_program_that_cannot_start_is_named(bench: Bench) -> None:
    program = bench.root / "program"
    program.write_bytes(b"\x7fELF but not really")
    program.chmod(0o755)
    bench.use(command=str(program))

    with pytest.raises(ConfigError, match="cannot be started: Exec format error"):
        bench.ask("happy")


def test_a_stop_while_the_server_comes_up_is_heeded(broken: Callable[[str], Bench]) -> None:
    bench = broken("exec sleep 60")
    stop = threading.Timer(0.5, processes.request_stop)
    stop.start()
    try:
        with pytest.raises(Interrupted):
            bench.ask("happy")
    finally:
        processes.clear_stop()

    assert servers_of(bench) == []


def test_no_two_calls_work_in_one_directory(bench: Bench, going_on: Callable[[], None]) -> None:
    with ThreadPoolExecutor() as pool:
        first = pool.submit(bench.backend.ask, bench.request("patient"))
        going_on()

        with pytest.raises(AgentError, match="another call works in"):
            bench.backend.ask(replace(bench.request("textonly"), log_directory=bench.root / "other"))

        (bench.repository / "go").touch()
        assert first.result().end is End.DONE
