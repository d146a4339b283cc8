"""What is counted, in one place, for Prometheus. A process counts for itself; `/metrics` adds processes up.

Nothing is counted where nobody could ask: a command that answers one question does not load Prometheus' library. A service
calls `begin`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

_all: list[_Later] = []
_making = threading.Lock()  # Prometheus' library refuses a second metric of the same name


class _Later:
    """A metric of Prometheus' library, made by `begin`, or when it is used in a process that has loaded the library."""

    def __init__(self, kind: str, *about: Any, **options: Any):
        self._kind, self._about, self._options = kind, about, options
        self._metric: Any = None
        _all.append(self)

    def make(self) -> Any:
        import prometheus_client

        with _making:
            if self._metric is None:
                self._metric = getattr(prometheus_client, self._kind)(*self._about, **self._options)
        return self._metric

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        metric = self._metric or (self.make() if _counted() else _UNCOUNTED)
        return getattr(metric, name)


def _counted() -> bool:
    return "prometheus_client" in sys.modules or "PROMETHEUS_MULTIPROC_DIR" in os.environ  # a child of `serve`


class _Uncounted:
    """What takes the place of a metric in a process that nobody asks."""

    def labels(self, *_values: str) -> _Uncounted:
        return self

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_values: None


_UNCOUNTED = _Uncounted()


def begin() -> None:
    """Makes all metrics, so that they are there with 0 before anything happened."""
    for metric in _all:
        metric.make()


_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds
_SLOW = (0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

# questions
STAGE_SECONDS = _Later(
    "Histogram", "xiansou_stage_seconds", "Time of a stage of an answer or search.", ["stage"], buckets=_FAST
)
ANSWERS = _Later(
    "Counter", "xiansou_answers", "Answers given.", ["status", "generator", "profile"]
)  # status as in `rag.domain`
REFUSALS = _Later("Counter", "xiansou_refusals", "Refusals by reason.", ["reason", "profile"])
ABANDONED = _Later("Counter", "xiansou_answers_abandoned", "Answers whose reader went away before their end.")
SENTENCES = _Later(
    "Counter", "xiansou_sentences_checked", "Sentences that the gate looked at.", ["verdict"]
)  # as in `rag.domain.grounding`
TOKENS = _Later(
    "Counter", "xiansou_tokens", "Tokens as the LLM backends counted them.", ["kind", "profile"]
)  # prompt, completion
SLOW = _Later("Counter", "xiansou_slow_queries", "Answers and searches above `log.slow_ms`.")
APPLIED = _Later(
    "Gauge",
    "xiansou_index_version_applied",
    "Index version that the last search saw, in any process.",
    multiprocess_mode="mostrecent",
)

# LLM backends
LLM_SECONDS = _Later(
    "Histogram", "xiansou_llm_seconds", "Time of one call of an LLM backend.", ["backend", "outcome"], buckets=_SLOW
)

CONDENSED = _Later(
    "Counter",
    "xiansou_condensed",
    "Follow-ups that an LLM was asked to condense; all but `condensed` went by the rules.",
    ["outcome"],
)

# HTTP
HTTP_SECONDS = _Later(
    "Histogram",
    "xiansou_http_request_seconds",
    "Time until a reply was sent, also a stream.",
    ["method", "route", "status"],
    buckets=_FAST,
)
HTTP_ACTIVE = _Later("Gauge", "xiansou_http_requests_active", "Requests that are being answered.", multiprocess_mode="livesum")

# answer cache and record
CACHE_LOOKUPS = _Later("Counter", "xiansou_cache_lookups", "Answers looked for in the cache.", ["result"])  # hit, miss
CACHE_SAVED_TOKENS = _Later("Counter", "xiansou_cache_saved_tokens", "Tokens that the backend did not have to read or write.")
CACHE_SAVED_SECONDS = _Later(
    "Counter", "xiansou_cache_saved_seconds", "Time that wording and checking took when it was done first."
)
ANSWERS_KEPT = _Later("Counter", "xiansou_answers_kept", "Answers written to the record.")
ANSWERS_LATE = _Later("Counter", "xiansou_answers_late", "Answers that were sent before they stood in the record.")
ANSWERS_LOST = _Later("Counter", "xiansou_answers_lost", "Answers that could not be written to the record.")

# ingest
INGEST_SECONDS = _Later("Histogram", "xiansou_ingest_seconds", "Time of a stage of a write.", ["stage"], buckets=_SLOW)
INGEST_JOBS = _Later("Counter", "xiansou_ingest_jobs", "Jobs that workers ended.", ["outcome"])  # live, failed, retried
