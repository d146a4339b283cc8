"""What is counted, in one place, for Prometheus. A process counts for itself; `/metrics` adds processes up."""

from __future__ import annotations

from prometheus_client import Counter

CACHE_LOOKUPS = Counter("xiansou_cache_lookups", "Answers looked for in the cache.", ["result"])  # hit, miss
CACHE_SAVED_TOKENS = Counter("xiansou_cache_saved_tokens", "Tokens that the backend did not have to read or write.")
CACHE_SAVED_SECONDS = Counter("xiansou_cache_saved_seconds", "Time that wording and checking took when it was done first.")
ANSWERS_KEPT = Counter("xiansou_answers_kept", "Answers written to the record.")
ANSWERS_LATE = Counter("xiansou_answers_late", "Answers that were sent before they stood in the record.")
ANSWERS_LOST = Counter("xiansou_answers_lost", "Answers that could not be written to the record.")
