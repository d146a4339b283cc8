"""Which statements answer: the best one with what it needs, then others close behind it. Each unit is quoted as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.answering.compose import render
from rag.answering.compose.columns import asked_cells, belongs, named_columns
from rag.answering.compose.overview import lists_all, overview_cells
from rag.answering.compose.score import Scored, picked
from rag.domain import Hit, Passage
from rag.domain.statement import CODE, Statement
from rag.text.names import asked_names, matched, names_in
from rag.text.statement_filter import both_asked
from rag.text.term_coverage import word_set

_PARAGRAPH = 360  # characters up to which a paragraph is given whole: its sentences need each other
_SHORT_LIST = 420  # characters up to which a list of bullets is given whole
_ENTRY = 1200  # characters up to which a FAQ's answer is given whole
_BETWEEN = 14  # statements that may stand between two steps of one procedure: a table, code
_ROWS = 0.8  # how far behind the best row others of its table may score
_ANY_ROW, _SMALL_TABLE = 2.5, 6  # the same where no cell is named in the question, of a table of so few rows
_INTRODUCTION = 200  # characters of a paragraph above a table that are given with it
_ITEMS = 1.0  # the same of bullets
# What may stand between two statements that are cited as one: list marks, markup. Anything else was left out of the answer.
_MARKS = re.compile(
    r"```\w*|</?[A-Za-z][^<>]*>|(?:第|步骤|[Ss]tep)?\s*(?:\d{1,3}(?:\.\d{1,3})*|[一二三四五六七八九十①-⑳]{1,3}|\b[a-zA-Z])\s*步?[.)、．）:：]"
)
_WORD = re.compile(r"\w")
_CAUSE = re.compile(r"原因|根因|cause|reason|analysis", re.IGNORECASE)
_CURE = re.compile(
    r"解决|处理|处置|措施|对策|方案|方法|步骤|办法|排除|结果|resol|solution|\bfix|workaround|action|remedy|what to do|how to",
    re.IGNORECASE,
)
_CURE_NOT = re.compile(r"时间|日期|状态|人员?$|工程师|date|time|status|engineer|agent|\bby\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unit:
    """Statements of one passage that are given together: their places there, in reading order, and how they read."""

    hit: int
    places: tuple[int, ...]
    text: str


def unit(question: str, hits: Sequence[Hit], scores: Sequence[Scored], best: Scored) -> Unit:
    """The best statement with what it cannot be read without. `scores`: of all statements of the hits."""
    hit = hits[best.hit]
    own = {one.place: one for one in scores if one.hit == best.hit}
    all_ = hit.passage.statements
    at, one = best.place, all_[best.place]
    if hit.passage.kind == "case" and one.kind == "field":
        return _case(best.hit, hit, at)
    if hit.passage.kind == "faq" and one.kind == "field" and _is_exception(question, hit, one):
        return Unit(best.hit, (at,), render.row(one) if one.cells else render.said(hit, one))
    if one.kind == "answer" or hit.passage.kind == "faq":
        return _answer(best.hit, hit, at)
    if one.kind in ("step", "item") or (one.kind == "sentence" and _in_list(all_, at)):
        return _list(question, best.hit, hit, at, own)
    if one.kind in ("row", "field") and one.group >= 0 and one.cells:
        return _rows(question, best.hit, hit, at, own)
    if one.kind == "field":
        return Unit(best.hit, (at,), render.row(one) if one.cells else render.said(hit, one))
    if one.mark == CODE:
        return _code(best.hit, hit, at)
    return _paragraph(best.hit, hit, at, own)


def _is_exception(question: str, hit: Hit, one: Statement) -> bool:
    """Whether a further column of a FAQ is about the very model that the question names, and the answer is not."""
    named = {name.key for name in asked_names(question)}
    own = {name.key for name in names_in(render.said(hit, one))}
    rest = {name.key for other in hit.passage.statements if other is not one for name in names_in(render.said(hit, other))}
    return bool(named & own - rest)


def _group(all_: Sequence[Statement], at: int) -> list[int]:
    """Places of the run of statements around `at` that share its group."""
    group = all_[at].group
    if group < 0:
        return [at]
    first = last = at
    while first > 0 and all_[first - 1].group == group:
        first -= 1
    while last + 1 < len(all_) and all_[last + 1].group == group:
        last += 1
    return list(range(first, last + 1))


def _in_list(all_: Sequence[Statement], at: int) -> bool:
    return any(all_[place].kind in ("step", "item") for place in _group(all_, at))


_LABEL_OF = re.compile(r"([^:：\n]{2,60})[:：]\s*\S")


def _labelled(question: str, hit: Hit, places: Sequence[int], at: int) -> list[int]:
    """Of a list whose items all begin with what they are about the one that is asked for, with what continues it; empty where
    its label has none of the question's words, or another's has as many."""
    all_ = hit.passage.statements
    items = [place for place in places if all_[place].kind == "item"]
    said = {place: _LABEL_OF.match(render.said(hit, all_[place])) for place in items}
    if len(items) < 3 or not all(said.values()) or at not in said:
        return []
    question_words = word_set(question)
    shared = {place: len(word_set(match[1]) & question_words) for place, match in said.items() if match}
    if not shared[at] or any(count >= shared[at] for place, count in shared.items() if place != at):
        return []
    end = next((place for place in items if place > at), places[-1] + 1)
    return [place for place in places if at <= place < end]


def _list(question: str, number: int, hit: Hit, at: int, own: dict[int, Scored]) -> Unit:
    """A procedure whole; of bullets all where they are few, else those close to the best one."""
    all_ = hit.passage.statements
    places = _group(all_, at)
    steps = any(all_[place].kind == "step" for place in places)
    length = sum(all_[place].end - all_[place].start for place in places)
    if not steps and (own_items := _labelled(question, hit, places, at)):
        places = own_items
    elif not steps and length > _SHORT_LIST:
        chosen = [place for place in places if place in own and own[at].score - own[place].score <= _ITEMS]
        places = _with_marks(all_, chosen, places)
    lead = all_[places[0]].lead
    whole = _procedure(all_, places) if steps else places
    if len(whole) > len(places):
        text = "\n".join(filter(None, (render.clean(lead), flowing(hit, whole))))
        return Unit(number, tuple(whole), text)
    return Unit(number, tuple(places), render.listed(hit, [all_[place] for place in places], lead))


def _procedure(all_: Sequence[Statement], places: Sequence[int]) -> list[int]:
    """The steps with those that go on behind a table or code between them, as their numbers say, and what stands between."""
    whole = list(places)
    while (after := _step(all_, range(whole[-1] + 1, min(whole[-1] + _BETWEEN, len(all_))), all_[whole[-1]], 1)) is not None:
        whole = list(range(whole[0], _group(all_, after)[-1] + 1))
    while (before := _step(all_, range(whole[0] - 1, max(whole[0] - _BETWEEN, -1), -1), all_[whole[0]], -1)) is not None:
        whole = list(range(_group(all_, before)[0], whole[-1] + 1))
    return whole


def _step(all_: Sequence[Statement], places: Iterable[int], beside: Statement, way: int) -> int | None:
    """The nearest step that goes on from another list's, by one."""
    near = next((place for place in places if all_[place].kind == "step"), None)
    goes_on = near is not None and all_[near].group != beside.group and all_[near].number == beside.number + way
    return near if goes_on and beside.number else None


def one_item(hit: Hit, best: Scored, number: int) -> Unit | None:
    """The item of that number (-1: the last) of the list that the best statement is in; None where there is none."""
    all_ = hit.passage.statements
    starts = [place for place in _group(all_, best.place) if all_[place].kind in ("step", "item")]
    if not starts or not (number == -1 or 0 < number <= len(starts)):
        return None
    numbered = [at for at, place in enumerate(starts) if all_[place].number == number]  # the first may stand before the list
    at = len(starts) - 1 if number == -1 else numbered[0] if numbered else number - 1
    end = starts[at + 1] if at + 1 < len(starts) else _group(all_, best.place)[-1] + 1
    places = tuple(range(starts[at], end))
    return Unit(best.hit, places, render.listed(hit, [all_[place] for place in places], ""))


def _with_marks(all_: Sequence[Statement], chosen: Sequence[int], places: Sequence[int]) -> list[int]:
    """The chosen ones, each with the item that it continues."""
    out: set[int] = set(chosen)
    for place in chosen:
        while all_[place].kind == "sentence" and place > places[0]:
            place -= 1
            out.add(place)
    return sorted(out)


def _rows(question: str, number: int, hit: Hit, at: int, own: dict[int, Scored]) -> Unit:
    all_ = hit.passage.statements
    group = [place for place in _group(all_, at) if place in own and all_[place].cells]
    table = [all_[place] for place in _group(all_, at) if all_[place].cells]
    if lists_all(question, hit, table):
        text = render.table(overview_cells(question, table))
        return Unit(number, tuple(place for place in _group(all_, at) if all_[place].cells), text)
    tabled = [place for place in _group(all_, at) if all_[place].cells]
    fitting = {tabled[n]: one for n, one in picked(question, table, hit.passage.context)}
    if at in fitting:
        shown = list(fitting.values())
        return Unit(number, tuple(fitting), render.row(shown[0]) if len(shown) == 1 else render.table(shown))
    named = own[at].values > 0 or bool(named_columns(question, [all_[place] for place in group]))
    named = named or bool(matched(asked_names(question), [], render.said(hit, all_[at])))
    # Where nothing names a row or a column, a small table is given whole: its reader finds the row that is theirs.
    reach = _ROWS if named or len(group) > _SMALL_TABLE else _ANY_ROW
    rows = [place for place in group if own[at].score - own[place].score <= reach and own[place].values >= own[at].values]
    if not any(cell.name for cell in all_[at].cells) and _most_asked(question, all_, group, at):
        rows = [at]
    if also := both_asked(question, [all_[place].label for place in group]):
        rows = [place for place in group if place in rows or all_[place].label in also]
    shown = asked_cells(question, [all_[place] for place in rows], table)
    text = render.row(shown[0]) if len(rows) == 1 else render.table(shown)
    if len(rows) > 2 and len(rows) == len(_group(all_, at)) and rows[0] and all_[rows[0] - 1].kind == "sentence":
        before = [place for place in _group(all_, rows[0] - 1) if all_[place].kind == "sentence"]
        if all_[before[-1]].end - all_[before[0]].start <= _INTRODUCTION:  # what holds for all rows, or for those not listed
            return Unit(number, (*before, *rows), f"{flowing(hit, before)}\n{text}")
    return Unit(number, tuple(rows), text)


def _most_asked(question: str, all_: Sequence[Statement], group: Sequence[int], at: int) -> bool:
    """Whether the row's label has more of the question's words than any other's."""
    question_words = word_set(question)
    shared = {place: len(word_set(all_[place].cells[0].value) & question_words) for place in group}
    return bool(shared.get(at)) and all(count < shared[at] for place, count in shared.items() if place != at)


def _case(number: int, hit: Hit, at: int) -> Unit:
    """Cause and resolution in words, and the column that was asked for."""
    all_ = hit.passage.statements
    causes = [place for place, one in enumerate(all_) if _CAUSE.search(one.label)]
    cures = [place for place, one in enumerate(all_) if _CURE.search(one.label) and not _CURE_NOT.search(one.label)]
    cures = [place for place in cures if place not in causes]
    places = sorted({*causes, *cures}) if cures else sorted({*causes, at, *range(len(all_))})
    if not all(all_[place].cells for place in places):  # lines that no column names
        return Unit(number, tuple(places), flowing(hit, places))
    if len(places) == 1:
        return Unit(number, tuple(places), render.clean(all_[places[0]].cells[0].value))
    cells = [cell for place in places for cell in all_[place].cells]
    return Unit(number, tuple(places), render.named(cells))


def _answer(number: int, hit: Hit, at: int) -> Unit:
    """A FAQ's answer whole, with its notes; of a very long one the part around the best statement."""
    all_ = hit.passage.statements
    fields = [place for place, one in enumerate(all_) if one.kind == "field"]
    noted = [place for place in fields if place == at or belongs(all_[place].cells)]
    places = sorted([*(place for place in range(len(all_)) if place not in fields), *noted])
    length = all_[places[-1]].end - all_[places[0]].start
    if length > _ENTRY:
        places = _group(all_, at)
    return Unit(number, tuple(places), flowing(hit, places))


def _code(number: int, hit: Hit, at: int) -> Unit:
    """Code with the sentence before it, which says what it is for."""
    all_ = hit.passage.statements
    places = [at - 1, at] if at and all_[at - 1].kind == "sentence" else [at]
    return Unit(number, tuple(places), flowing(hit, places))


def _paragraph(number: int, hit: Hit, at: int, own: dict[int, Scored]) -> Unit:
    all_ = hit.passage.statements
    places = _group(all_, at)
    if all_[places[-1]].end - all_[places[0]].start > _PARAGRAPH:
        near = [p for p in places if abs(p - at) <= 1 and p in own and own[at].score - own[p].score <= _ITEMS]
        places = list(range(near[0], near[-1] + 1))
    last = render.said(hit, all_[places[-1]])
    if last.endswith((":", "：")) and (following := places[-1] + 1) < len(all_):
        if places[-1] == at or len(places) == 1:
            return _announced(number, hit, places, following)
        places = places[:-1]
    return Unit(number, tuple(places), flowing(hit, places))


def _announced(number: int, hit: Hit, places: list[int], following: int) -> Unit:
    """A sentence that ends in a colon with the list, table or code that it announces."""
    all_ = hit.passage.statements
    rest = _group(all_, following)
    if all_[following].cells:
        text = f"{flowing(hit, places)}\n{render.table([all_[place] for place in rest])}"
    elif all_[following].kind in ("step", "item"):
        text = f"{flowing(hit, places)}\n{render.listed(hit, [all_[place] for place in rest], '')}"
    else:
        return Unit(number, (*places, *rest), flowing(hit, [*places, *rest]))
    return Unit(number, (*places, *rest), text)


def flowing(hit: Hit, places: Sequence[int]) -> str:
    """Statements in reading order, paragraph by paragraph, lists line by line."""
    all_ = hit.passage.statements
    parts: list[str] = []
    run: list[int] = []
    for place in [*places, -1]:
        if run and (place < 0 or all_[place].group != all_[run[0]].group):
            shown = [all_[each] for each in run]
            if any(one.kind in ("step", "item") for one in shown):
                parts.append(render.listed(hit, shown, ""))
            elif shown[0].mark == CODE:
                parts.append("\n".join(render.said(hit, one) for one in shown))
            elif shown[0].cells:
                parts.append(render.table(shown) if len(shown) > 1 else render.row(shown[0]))
            else:
                first = len(shown) == 1 and place >= 0 and all_[place].kind == "step" and all_[place].number == 2
                parts.append(("1. " if first else "") + render.paragraph(hit, shown))  # its mark stands before the passage
            run = []
        run.append(place)
    return "\n".join(parts)


def spans_of(passage: Passage, places: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Spans of the statements in the document's version; neighbours with nothing said between them are one."""
    spans: list[tuple[int, int]] = []
    before = -2
    for place in places:
        one = passage.statements[place]
        gap = passage.text[spans[-1][1] - passage.start : one.start - passage.start] if spans else ""
        if spans and place == before + 1 and not _WORD.search(_MARKS.sub("", gap)):
            spans[-1] = (spans[-1][0], one.end)
        else:
            spans.append((one.start, one.end))
        before = place
    return tuple(spans)
