"""The questions behind the figures: those that flipped between two runs, those that went wrong in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from eval.compare import side, verdict
from eval.metrics import Scored
from eval.report.texts import both

_SHOWN = 200  # questions on a page; a phone must open it


def flips(flipped: Sequence[Mapping[str, Any]]) -> str:
    """What was lost first: it is what a reader must know."""
    ordered = sorted(flipped, key=lambda flip: bool(flip["won"]))
    cards = [_card(flip["question"], flip["id"], flip["expected"], [("a", flip["a"]), ("b", flip["b"])]) for flip in ordered]
    return _list("flipped", "none_flipped", cards)


def wrongs(rows: Sequence[Scored]) -> str:
    """Of one run: answers that are wrong, and refusals that need not have been."""
    cards = [
        _card(row.question, row.id, row.documents if row.answerable else (), [("", side(row))])
        for row in rows
        if verdict(row) != "right"
    ]
    return _list("wrong", "none_wrong", cards)


def _list(title: str, none: str, cards: Sequence[str]) -> str:
    more = f'<p class="note">+ {len(cards) - _SHOWN} {both("more")}</p>' if len(cards) > _SHOWN else ""
    body = "".join(cards[:_SHOWN]) or f'<p class="note">{both(none)}</p>'
    return f"<h2>{both(title)} ({len(cards)})</h2>{body}{more}"


def _card(question: str, key: str, expected: Sequence[str], sides: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    marks = " → ".join(
        f'<span class="verdict {answer["verdict"]}">{both("v_" + answer["verdict"])}</span>' for _, answer in sides
    )
    named = escape(", ".join(expected)) if expected else both("nothing")
    columns = "".join(_side(letter, answer) for letter, answer in sides)
    return (
        f"<details><summary>{marks} {escape(question)}</summary>"
        f'<p class="note">{escape(key)} · {both("expected")}: {named}</p><div class="grid2">{columns}</div></details>'
    )


def _side(letter: str, row: Mapping[str, Any]) -> str:
    dot = f'<span class="dot {letter}">{letter.upper()}</span>' if letter else ""
    answer = f'<p class="said">{escape(row["answer"])}</p>' if row["answer"] else ""
    hits = "".join(
        f'<div class="hit{" right" if hit["right"] else ""}">{number}. <b>{escape(hit["title"] or hit["document_id"])}</b> '
        f"{hit['probability']:.2f}<br><small>{escape(hit['document_id'])}</small>"
        f'<div class="text">{escape(hit["text"][:300])}</div></div>'
        for number, hit in enumerate(row["hits"], 1)
    )
    return f'<div class="side">{dot}{answer}{hits or both("no_hits")}</div>'
