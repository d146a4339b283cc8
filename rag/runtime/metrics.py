"""What is counted, in one place, for Prometheus. A process counts for itself; `/metrics` adds processes up."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds
_SLOW = (0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

# questions
STAGE_SECONDS = Histogram("xiansou_stage_seconds", "Time of a stage of an answer or search.", ["stage"], buckets=_FAST)
ANSWERS = Counter("xiansou_answers", "Answers given.", ["status", "generator", "profile"])  # status as in `rag.domain`
REFUSALS = Counter("xiansou_refusals", "Refusals by reason.", ["reason", "profile"])
ABANDONED = Counter("xiansou_answers_abandoned", "Answers whose reader went away before their end.")
SENTENCES = Counter(
    "xiansou_sentences_checked", "Sentences that the gate looked at.", ["verdict"]
)  # as in `rag.domain.grounding`
TOKENS = Counter("xiansou_tokens", "Tokens as the LLM backends counted them.", ["kind", "profile"])  # prompt, completion
SLOW = Counter("xiansou_slow_queries", "Answers and searches above `log.slow_ms`.")
APPLIED = Gauge(
    "xiansou_index_version_applied", "Index version that the last search saw, in any process.", multiprocess_mode="mostrecent"
)

# LLM backends
LLM_SECONDS = Histogram("xiansou_llm_seconds", "Time of one call of an LLM backend.", ["backend", "outcome"], buckets=_SLOW)

CONDENSED = Counter(
    "xiansou_condensed", "Follow-ups that an LLM was asked to condense; all but `condensed` went by the rules.", ["outcome"]
)

# HTTP
HTTP_SECONDS = Histogram(
    "xiansou_http_request_seconds",
    "Time until a reply was sent, also a stream.",
    ["method", "route", "status"],
    buckets=_FAST,
)
HTTP_ACTIVE = Gauge("xiansou_http_requests_active", "Requests that are being answered.", multiprocess_mode="livesum")

# answer cache and record
CACHE_LOOKUPS = Counter("xiansou_cache_lookups", "Answers looked for in the cache.", ["result"])  # hit, miss
CACHE_SAVED_TOKENS = Counter("xiansou_cache_saved_tokens", "Tokens that the backend did not have to read or write.")
CACHE_SAVED_SECONDS = Counter("xiansou_cache_saved_seconds", "Time that wording and checking took when it was done first.")
ANSWERS_KEPT = Counter("xiansou_answers_kept", "Answers written to the record.")
ANSWERS_LATE = Counter("xiansou_answers_late", "Answers that were sent before they stood in the record.")
ANSWERS_LOST = Counter("xiansou_answers_lost", "Answers that could not be written to the record.")

# ingest
INGEST_SECONDS = Histogram("xiansou_ingest_seconds", "Time of a stage of a write.", ["stage"], buckets=_SLOW)
INGEST_JOBS = Counter("xiansou_ingest_jobs", "Jobs that workers ended.", ["outcome"])  # live, failed, retried
