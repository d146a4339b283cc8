"""What one request wishes of the LLM that words its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sampling:
    """None and (): as the profile says. It holds for one call; whoever quotes instead of wording ignores it.

    Attributes:
        temperature: 0 to 1; where a request changes it, the profile's `top_p` is not used, and the other way round.
        max_tokens: longest answer in the backend's tokens; never above the profile's own.
        stop: texts at which the backend stops, not part of the answer.
        seed: for backends that can repeat themselves.
    """

    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """What is wished, and nothing else; `Sampling.of` reads it."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Sampling:
        return cls(**{**values, "stop": tuple(values.get("stop", ()))})


DEFAULT_SAMPLING = Sampling()
