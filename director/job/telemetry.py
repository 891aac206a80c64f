"""Sends the spans of a run to an OpenTelemetry collector: one trace for each run.

Where the collector is, and what it wants to see, the SDK reads from the variables OTEL_EXPORTER_OTLP_…. Whatever the
collector does, the run goes on as without it. To be imported only where this is wanted: the libraries are an extra.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from director import __version__
from director.core.calls import CallRecord
from director.core.errors import ConfigError
from director.core.spans import Span, SpanKind
from director.core.telemetry import Attributes, error_type, span_attributes, span_name
from director.job.job import Job

FLUSH_SECONDS = 3.0
"""How long the end of a run waits for a collector to take the last spans."""
_SCOPE = InstrumentationScope("director", __version__)
_LIBRARY = logging.getLogger("opentelemetry")
_LIBRARY.addHandler(logging.NullHandler())
_LIBRARY.propagate = False  # its errors become one note; without a handler Python would print each of them


@contextmanager
def exporting(job: Job) -> Iterator[None]:
    """Export the spans of a job. Raises ConfigError for OTEL_… variables that the SDK cannot use."""
    complaints = _Complaints(
        lambda said: job.note(
            f"telemetry is not complete: {said}", hint="OTEL_EXPORTER_OTLP_ENDPOINT says where the collector is"
        )
    )
    try:
        run = RunTrace(job.run_id, record=job.ledger.record)
    except ValueError as error:
        hint = "mend the variables OTEL_…, or set telemetry.otlp = false"
        raise ConfigError(f"the environment of OpenTelemetry cannot be used: {error}", hint=hint) from error
    _LIBRARY.addHandler(complaints)
    job.spans.listeners.append(run.send)
    try:
        yield
    finally:
        job.spans.listeners.remove(run.send)
        if not run.close():
            complaints.say(f"the collector did not take the last spans within {FLUSH_SECONDS:.0f} s")
        _LIBRARY.removeHandler(complaints)


class RunTrace:
    """The spans of one run on their way to the collector, with the run itself as their root."""

    def __init__(self, run: str, *, record: Callable[[str], CallRecord | None]) -> None:
        """`record` returns what a call came to, by its id. Raises ValueError for variables that make no sense."""
        digest = hashlib.sha256(run.encode()).hexdigest()
        self._trace, self._root = int(digest[:32], 16), int(digest[32:48], 16)
        self._run = run
        self._record = record
        self._job = ""
        self._started = time.time()
        own = Resource({"service.name": "director", "service.version": __version__})
        self._resource = own.merge(OTELResourceDetector().detect())
        self._processor = BatchSpanProcessor(OTLPSpanExporter())

    def send(self, span: Span) -> None:
        """Take a span that is over; it is sent by a thread of the SDK."""
        self._job = span.job
        record = self._record(span.call) if span.call else None
        self._emit(
            span_name(span),
            id=int(span.id, 16),
            parent=int(span.parent, 16) if span.parent else self._root,
            kind=trace.SpanKind.CLIENT if span.kind is SpanKind.CALL else trace.SpanKind.INTERNAL,
            attributes=span_attributes(span, record),
            error=error_type(span, record),
            start=span.start,
            end=span.start + span.seconds,
        )

    def close(self) -> bool:
        """Send what is left and the run itself, if anything was done; tell whether it was taken in time."""
        if self._job:
            about: Attributes = {"director.job": self._job, "director.run": self._run}
            self._emit("director run", id=self._root, attributes=about, start=self._started, end=time.time())
        flushing = threading.Thread(target=self._flush, daemon=True)
        flushing.start()
        flushing.join(FLUSH_SECONDS)
        return not flushing.is_alive()

    def _flush(self) -> None:
        self._processor.force_flush()  # `shutdown` alone sleeps for seconds where a batch is just being sent
        self._processor.shutdown()

    def _emit(
        self,
        name: str,
        *,
        id: int,
        parent: int | None = None,
        kind: trace.SpanKind = trace.SpanKind.INTERNAL,
        attributes: Attributes,
        error: str = "",
        start: float,
        end: float,
    ) -> None:
        self._processor.on_end(
            ReadableSpan(
                name,
                context=self._context(id),
                parent=self._context(parent) if parent else None,
                resource=self._resource,
                attributes=attributes,
                kind=kind,
                status=trace.Status(trace.StatusCode.ERROR if error else trace.StatusCode.UNSET),
                start_time=_nanoseconds(start),
                end_time=_nanoseconds(end),
                instrumentation_scope=_SCOPE,
            )
        )

    def _context(self, id: int) -> trace.SpanContext:
        sampled = trace.TraceFlags(trace.TraceFlags.SAMPLED)
        return trace.SpanContext(self._trace, id, is_remote=False, trace_flags=sampled)


class _Complaints(logging.Handler):
    """Tells the first error of the SDK, and no more: the others follow from it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell
        self._was_told = False

    def emit(self, record: logging.LogRecord) -> None:
        """Tell what the SDK logged."""
        self.say(record.getMessage())

    def say(self, text: str) -> None:
        """Tell of trouble, once."""
        if not self._was_told:
            self._was_told = True
            self._tell(text)


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
