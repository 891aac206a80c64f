"""OpenTelemetry: what a collector on loopback receives of a run, and that it never holds one up."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from director.cli.main import main
from director.job import telemetry
from tests.project import CONFIG, Project, node
from tests.running import plan_here


class Collector(ThreadingHTTPServer):
    """Takes spans by OTLP over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.bodies: list[bytes] = []
        self.keys: list[str] = []
        self.status = 200
        self.is_open = threading.Event()
        """While it is not set, no request is answered."""
        self.is_open.set()

    @property
    def spans(self) -> list[Any]:
        """Every span that it was sent."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        resources = [resource for request in requests for resource in request.resource_spans]
        return [span for resource in resources for scope in resource.scope_spans for span in scope.spans]

    def attributes(self, name: str) -> dict[str, Any]:
        """What is told of the only span of a name."""
        (span,) = [span for span in self.spans if span.name == name]
        return {entry.key: getattr(entry.value, entry.value.WhichOneof("value")) for entry in span.attributes}


class _Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.is_open.wait(10)
        self.server.bodies.append(body)
        self.server.keys.append(self.headers["x-key"])
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that the environment names."""
    server = Collector()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hidden")
    yield server
    server.is_open.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(tmp_path: Path) -> Project:
    """A project of one node whose runs are told to a collector."""
    return Project.create(tmp_path / "repository", [node("alpha")], config=CONFIG + "\n[telemetry]\notlp = true\n")


def plan_to_the_spec(project: Project) -> int:
    """Plan up to the first approval: two agents are asked."""
    return main(["plan", "a task", "--repo", str(project.root)])


def test_a_run_is_one_trace_of_the_spans_in_its_records(told: Project, collector: Collector) -> None:
    plan_here(told)
    assert main(["run", "--repo", str(told.root), "-q"]) == 0

    sent = {span.span_id.hex(): span for span in collector.spans}
    recorded = {record["id"]: record for record in told.records("spans.jsonl")}
    roots = {span.trace_id: span for span in sent.values() if not span.parent_span_id}
    assert [span.name for span in roots.values()] == ["director run"] * 2
    assert sent.keys() - {span.span_id.hex() for span in roots.values()} == recorded.keys()
    assert {(record["run"], sent[name].trace_id) for name, record in recorded.items()} == {
        (run["run"], trace) for run, trace in zip(told.measured("run"), roots, strict=True)
    }
    for name, record in recorded.items():
        span = sent[name]
        assert span.parent_span_id.hex() == (record["parent"] or roots[span.trace_id].span_id.hex())
        assert span.start_time_unix_nano / 1e9 == pytest.approx(record["start"], abs=1e-4)
        assert (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9 == pytest.approx(record["seconds"], abs=1e-4)


def test_a_call_is_told_with_its_record_and_without_a_word_of_it(told: Project, collector: Collector) -> None:
    usage = {"input": 100, "cached_input": 20, "output": 40}
    told.set_call("explorer", "recon", {"text": "A small project.", "usage": usage})
    assert plan_to_the_spec(told) == 4

    recon, _ = told.records("costs.jsonl")
    call = collector.attributes("invoke_agent explorer")
    assert (call["director.call"], call["director.cost_usd"]) == (recon["id"], recon["cost_usd"])
    assert (call["gen_ai.usage.input_tokens"], call["gen_ai.usage.output_tokens"]) == (120, 40)
    assert (call["gen_ai.provider.name"], call["gen_ai.operation.name"]) == ("replay", "invoke_agent")
    assert set(collector.keys) == {"hidden"}
    assert not any(text in body for body in collector.bodies for text in (b"A small project", b"a task", b"Modules"))


def test_a_collector_that_refuses_is_told_of_once_and_fails_nothing(
    told: Project, collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.status = 401

    assert plan_to_the_spec(told) == 4

    captured = capsys.readouterr()
    assert (captured.out + captured.err).count("telemetry is not complete: ") == 1
    assert "Unauthorized" in captured.out + captured.err


def test_a_collector_that_hangs_is_not_waited_for(
    told: Project, collector: Collector, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "FLUSH_SECONDS", 0.2)
    collector.is_open.clear()

    assert plan_to_the_spec(told) == 4

    captured = capsys.readouterr()
    assert "the collector did not take the last spans within 0 s" in captured.out + captured.err


def test_variables_that_make_no_sense_are_a_mistake_in_the_request(
    told: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "0")

    assert plan_to_the_spec(told) == 2

    assert "the environment of OpenTelemetry cannot be used: " in capsys.readouterr().err


def test_without_its_libraries_it_says_what_to_install(
    told: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "director.job.telemetry")
    monkeypatch.delattr("director.job.telemetry")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    assert plan_to_the_spec(told) == 2

    assert capsys.readouterr().err == (
        "error: 'telemetry.otlp' needs the Python module 'opentelemetry.sdk.trace', which is not installed\n"
        "hint: install what it needs: pip install 'director-doit[otel]'\n"
    )
    assert told.asked() == []


def test_without_the_setting_nothing_of_it_is_imported(project: Project) -> None:
    program = (
        "import sys\nfrom director.cli.main import main\n"
        "code = main(['plan', 'a task'])\n"
        "sys.exit(code if not any(name.startswith('opentelemetry') for name in sys.modules) else 99)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=project.root, check=False)

    assert done.returncode == 4
