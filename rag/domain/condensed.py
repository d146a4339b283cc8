"""A follow-up as one question that stands alone, as an LLM put it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Condensed:
    """What became of the LLM's try. A question that carries one is not condensed again, so a replay searches for the same.

    Attributes:
        text: what is searched; empty: what the rules make of it.
        outcome: `condensed`, or why the rules were taken: see `rag.answering.condense`; empty: no LLM was asked.
        rules: what the rules make of it.
        prompt_tokens, completion_tokens: what it took.
    """

    text: str = ""
    outcome: str = ""
    rules: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
