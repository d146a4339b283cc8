"""What a request wishes of the LLM, checked; wishes that exclude each other are settled, and told in the reply."""

from __future__ import annotations

from typing import Any

from rag.domain.sampling import Sampling
from rag.errors import InputError

Settled = dict[str, Any]


def sampling_of(temperature: float | None, top_p: float | None, **others: Any) -> Sampling:
    """Where both are changed, the assistant's own settings hold for both: clients send presets with the two, and their effects
    on randomness multiply. Raises InputError above 1."""
    if temperature is not None and temperature > 1:
        raise InputError(
            "`temperature` above 1 is not allowed for answers from documents.", field="temperature", fix="Use 0 to 1."
        )
    return Sampling(**others) if _both(temperature, top_p) else Sampling(temperature, top_p, **others)


def settled(temperature: float | None, top_p: float | None) -> Settled:
    """What became of wishes, for `rag.settled` of a reply; empty where all hold."""
    if not _both(temperature, top_p):
        return {}
    return {
        "settled": {
            "fields": ["temperature", "top_p"],
            "detail": "Both were changed, and their effects multiply: the assistant's own settings hold for both.",
        }
    }


def _both(temperature: float | None, top_p: float | None) -> bool:
    return bool(temperature) and top_p not in (None, 1)
