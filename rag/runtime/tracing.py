"""OpenTelemetry traces. The API is always there and does nothing until `start_tracing` finds an exporter in the environment."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind

from rag import __version__
from rag.errors import ConfigError

_ON = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_tracer = trace.get_tracer("xiansou", __version__)  # a proxy: it follows the provider that is set later


def start_tracing() -> bool:
    """Sends spans as the standard `OTEL_*` variables say; False: none of them asks for it. Raises ConfigError.

    Once a process. `OTEL_SERVICE_NAME` defaults to `xiansou`.
    """
    if not any(os.environ.get(name) for name in _ON) or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as exc:
        raise ConfigError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry's SDK is not installed.",
            field="OTEL_EXPORTER_OTLP_ENDPOINT",
            fix='Install the extra: `pip install "xiansou[otel]"`, or unset it.',
        ) from exc
    os.environ.setdefault("OTEL_SERVICE_NAME", "xiansou")
    provider = TracerProvider(resource=Resource.create({"service.version": __version__}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True


@contextmanager
def span(name: str, *, kind: SpanKind = SpanKind.INTERNAL) -> Iterator[Span]:
    """A span that is current inside."""
    with _tracer.start_as_current_span(name, kind=kind) as current:
        yield current


def trace_headers() -> dict[str, str]:
    """`traceparent` and `tracestate` of the current span, for a request to another service; empty when there is none."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier


class StageSpans:
    """One span a stage of an answer, from its first beginning to its last end: a stage that goes on a word at a time is one.

    The steps of an answer may run in different threads, so nothing is attached for longer than a step.
    """

    def __init__(self) -> None:
        self._parent: Context = context.get_current()
        self._spans: dict[str, Span] = {}
        self._ends: dict[str, int] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A part of a stage; its span is current inside."""
        if name not in self._spans:
            self._spans[name] = _tracer.start_span(f"xiansou.{name}", self._parent)
        before = context.get_current()
        context.attach(trace.set_span_in_context(self._spans[name], before))
        try:
            yield
        finally:
            context.attach(before)  # no detach: a step that is a generator's may end in another context
            self._ends[name] = time.time_ns()

    def end(self, timings_ms: Mapping[str, float]) -> None:
        """Ends all spans. `timings_ms`: what the stages took themselves, without what lies between their steps."""
        for name, stage in self._spans.items():
            stage.set_attribute("xiansou.stage_ms", timings_ms.get(name, 0.0))
            stage.end(self._ends.get(name))
        self._spans = {}
