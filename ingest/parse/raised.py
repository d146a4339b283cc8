"""Raised and lowered digits as characters: m², 10⁻³, CO₂."""

from __future__ import annotations

import re

_RAISED = str.maketrans("0123456789+-−=()niabcdehjklmoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_DIGITS = re.compile(r"[0-9+\-−=()]*[0-9ni][0-9+\-−=()ni]*")


def raised(text: str) -> str:
    """`2` as it stands in m², `-3` as in 10⁻³; words (`st`, `TM`) as they are."""
    return text.translate(_RAISED) if _DIGITS.fullmatch(text.strip()) else text


def lowered(text: str) -> str:
    """`2` as it stands in CO₂; words as they are."""
    return text.translate(_LOWERED) if _DIGITS.fullmatch(text.strip()) and "n" not in text and "i" not in text else text
