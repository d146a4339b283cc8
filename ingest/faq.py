"""FAQ tables: columns of questions, other phrasings, answers and further texts, recognised by name or by their own look."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest import columns
from ingest.languages import parted
from ingest.roles import is_staff, role_of

_SEPARATORS = re.compile(r"[|｜；;\n]+")
_ASKS_ZH = re.compile(
    r"怎么|怎样|咋|如何|为什么|为何|为啥|什么|啥|哪[里儿些个种款家位天年怕]?|多少|多久|多长|多大|多远|多高|多重|几[个天年月次时点种岁元块]"
    r"|吗$|呢$|是否|能否|可否|可不可以|能不能|会不会|有没有|是不是|要不要|需不需要|行不行|谁|怎办"
)
_ASKS_EN = re.compile(
    r"(?:how|what|what's|why|when|where|who|whom|whose|which|can|could|do|does|did|is|are|was|were|am|may|might|must|should"
    r"|shall|will|would|has|have|had|isn't|aren't|don't|doesn't|can't|won't)\b(?!\s*[:：])",
    re.IGNORECASE,
)
_ONE_A_LINE = re.compile(r"[一每]行一[个条]|one (?:per|a|each) line|per line", re.IGNORECASE)
_KEYWORDS = columns.names("keyword,keywords,trigger,triggers,关键词,关键字,触发关键词")
_ARTICLE_TITLES = columns.names(
    "title,article title,article,page title,document title,标题,知识标题,文章标题,知识名称,文章名称,文档标题"
)
_ARTICLE_TEXTS = columns.names(
    "body,content,article body,article content,article text,page content,body text,body html,html,"
    "内容,正文,知识内容,文章内容,知识正文,文章正文,文档内容"
)
_QUESTION_LIMIT = 300
_SHARE = 0.6  # of the rows, whose cells are questions
_ANSWER_LENGTH = 6  # characters of an answer, on average
_VALUE_LIMIT = 64  # characters; nobody filters by a longer one


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a FAQ table keeps what. `fields`: position → name of the columns to filter by; `further`: texts shown after the
    answer; `left_out`: columns that are not read; `answers`: more columns of answers beside the first one."""

    question: int
    answer: int
    phrasings: tuple[int, ...]
    fields: Mapping[int, str]
    title: int | None = None
    answers: tuple[int, ...] = ()
    further: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    names: tuple[str, ...] = ()

    def roles(self) -> dict[str, str]:
        """Name of each column → what it was taken for."""
        roles_of = {i: f"field {name}" for i, name in self.fields.items()}
        roles_of |= dict.fromkeys(self.further, "shown") | dict.fromkeys(self.left_out, "left out")
        roles_of |= dict.fromkeys(self.phrasings, "similar questions") | dict.fromkeys((self.answer, *self.answers), "answer")
        roles_of |= {self.question: "question"} | ({self.title: "title"} if self.title is not None else {})
        return {self.names[i]: role for i, role in sorted(roles_of.items()) if i < len(self.names) and self.names[i]}


@dataclass(frozen=True, slots=True)
class Entry:
    """One question with its answer; `phrasings` are the other ways to ask it, without the question itself.

    `name`: of the answer's column. `further`: (column, text) of other answers and of what is said besides.
    """

    question: str
    answer: str
    phrasings: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    further: tuple[tuple[str, str], ...] = ()
    title: str = ""
    name: str = field(default="", compare=False)


def find_columns(header: Sequence[str]) -> Columns | None:
    """The columns of a FAQ table, or None when the table has no question or no answer column."""
    if len(header) > columns.COLUMN_LIMIT:
        return None
    roles = [role_of(name) if name else "" for name in header]
    questions = [i for i, role in enumerate(roles) if role == "question"]
    answers = [i for i, role in enumerate(roles) if role == "answer"]
    if not questions and answers:
        questions = _asked_by(header, roles)
    if not answers and not questions and not {"symptom", "cause", "resolution"} & set(roles):
        questions, answers = _articles(header, roles)
    if not answers and questions and not {"symptom", "cause", "resolution"} & set(roles):
        answers = [i for i, role in enumerate(roles) if role == "weak answer"][:1]
    if not questions or not answers:
        return None
    return _columns(header, roles, questions, answers)


def _asked_by(header: Sequence[str], roles: Sequence[str]) -> list[int]:
    """Beside answers, without a column of questions: phrasings (`Intent, Utterances, Response`), words that call it up."""
    if {"symptom", "cause", "resolution"} & set(roles):
        return []
    similar = [i for i, role in enumerate(roles) if role == "similar questions"]
    called = [i for i, name in enumerate(header) if name and columns.normalise_name(name) in _KEYWORDS]
    return similar[:1] or called[:1]


def _articles(header: Sequence[str], roles: Sequence[str]) -> tuple[list[int], list[int]]:
    """A table of articles, `Title, Body, Section`: each answers what its title asks."""
    plain = [columns.normalise_name(parted(name)[1]) if name else "" for name in header]
    titles = [i for i, name in enumerate(plain) if name in _ARTICLE_TITLES]
    texts = [i for i, name in enumerate(plain) if name in _ARTICLE_TEXTS and i not in titles]
    return (titles[:1], texts[:1]) if titles and texts else ([], [])


def columns_by_look(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns | None:
    """The columns of a table whose names say nothing, or that has none: one of questions, the fullest other one of answers."""
    width = max((len(row) for row in rows), default=0)
    if not 1 < width <= columns.COLUMN_LIMIT or len(rows) < 2:
        return None
    filled = [[cell for row in rows if (cell := columns.cell(row, i))] for i in range(width)]
    question = next(
        (i for i in range(width) if len(filled[i]) * 2 > len(rows) and _ask(filled[i]) and _differ(filled[i])), None
    )
    if question is None:
        return None
    names = [header[i] if i < len(header) else "" for i in range(width)]
    roles = [role_of(name) if name else "" for name in names]
    taken = ("person", "priority", "rating", "record", "label", "forbidden", "symptom", "cause", "ignore")
    others = [
        i
        for i in range(width)
        if i != question and len(filled[i]) * 2 >= len(rows) and not _ask(filled[i]) and roles[i] not in taken
        and not columns.field_of(names[i])
    ]  # fmt: skip
    answered = max(others, key=lambda i: sum(map(len, filled[i])), default=None)
    if answered is None or sum(map(len, filled[answered])) < _ANSWER_LENGTH * len(filled[answered]):
        return None
    roles[question] = "question"
    return _columns(names, roles, [question], [answered])


def _columns(header: Sequence[str], roles: Sequence[str], questions: list[int], answers: list[int]) -> Columns:
    # `question 1, question 2, …`: the first is the question, the others are phrasings.
    phrasings = (*questions[1:], *(i for i, role in enumerate(roles) if role == "similar questions"))
    left_out = [
        i for i, name in enumerate(header) if roles[i] in ("forbidden", "ignore", "person") or (name and is_staff(name))
    ]
    titles = [i for i, role in enumerate(roles) if role == "title" and i not in left_out]
    taken = {*questions, *phrasings, *answers, *left_out, *titles[:1]}
    fields = columns.field_columns(header, taken)
    shown = {i for i, name in enumerate(header) if i not in taken and _is_text(name, roles[i])}
    nameless = {i for i, name in enumerate(header) if not name and i not in taken and i > questions[0]}
    fields |= {i: "category" for i, name in enumerate(header) if not name and i not in taken and i < questions[0]}
    return Columns(
        questions[0],
        answers[0],
        phrasings,
        fields,
        titles[0] if titles else None,
        tuple(answers[1:]),
        tuple(sorted(shown | nameless)),
        tuple(sorted(left_out)),
        tuple(header),
    )


def _is_text(name: str, role: str) -> bool:
    """Whether a reader of the entry sees the column: what it says is neither bookkeeping nor only there to filter by."""
    if role == "show":
        return True
    if not name or role in ("label", "person", "priority", "rating", "record"):
        return False
    name_role = columns.field_of(name)
    return not name_role or (name_role in ("product", "version") and _applies(name))


def _applies(name: str) -> bool:
    return re.search(r"适用|支持|appl(?:y|ies)|support|for ", name, re.IGNORECASE) is not None


def read_entry(roles: Columns, row: Sequence[str]) -> Entry | None:
    """The row's entry, or None when its question or its answer is missing."""
    cell = columns.cell(row, roles.question)
    # `one a line`: the first line is the question, the others are phrasings.
    lines = [" ".join(line.split()) for line in cell.splitlines() if line.strip()]
    one_a_line = _ONE_A_LINE.search(roles.names[roles.question]) if roles.question < len(roles.names) else None
    several = len(lines) > 1 and (
        bool(one_a_line) or (min(map(len, lines)) > 3 and sum(map(is_question, lines)) * 2 > len(lines))
    )
    question = lines[0] if several else " ".join(cell.split())
    answers = [(i, text) for i in (roles.answer, *roles.answers) if (text := columns.cell(row, i))]
    if not question or not answers:
        return None
    phrasings = dict.fromkeys(lines[1:] if several else ())
    for position in roles.phrasings:
        for phrasing in split_phrasings(columns.cell(row, position)):
            if phrasing != question:
                phrasings[phrasing] = None
    further = [(i, text) for i in roles.further if (text := columns.cell(row, i))]
    short = {i: name for i, name in roles.fields.items() if i not in roles.further or _filters(columns.cell(row, i))}
    title, names = " ".join(columns.cell(row, roles.title).split()), roles.names
    return Entry(
        question,
        answers[0][1],
        tuple(phrasings),
        columns.read_fields(row, short),
        tuple((names[i] if i < len(names) else "", text) for i, text in [*answers[1:], *further]),
        title if title != question else "",
        names[answers[0][0]] if answers[0][0] < len(names) else "",
    )


def _filters(value: str) -> bool:
    return len(value) <= _VALUE_LIMIT and "\n" not in value and value[-1:] not in "。.！!；;"


def by_language(roles: Columns) -> list[Columns]:
    """A table with a question and an answer for each of several languages, as one such table a language."""
    questions = [roles.question, *(i for i in roles.phrasings if role_of(roles.names[i]) == "question")]
    answers = [roles.answer, *roles.answers]
    marks = [parted(roles.names[i])[0] for i in questions], [parted(roles.names[i])[0] for i in answers]
    if len(answers) < 2 or not all(marks[0]) or sorted(marks[0]) != sorted(marks[1]) or len(set(marks[0])) < len(marks[0]):
        return [roles]
    others = tuple(i for i in roles.phrasings if i not in questions)
    return [
        Columns(
            question, answers[marks[1].index(mark)], others if number == 0 else (), roles.fields, roles.title,
            (), roles.further, roles.left_out, roles.names,
        )
        for number, (question, mark) in enumerate(zip(questions, marks[0], strict=True))
    ]  # fmt: skip


def is_question(text: str) -> bool:
    """Whether a reader takes the text for a question, with or without its mark."""
    text = text.strip(" \t*_#\"'“”「」")
    if not text or len(text) > _QUESTION_LIMIT:
        return False
    if text[-1] in "?？" or text.endswith(("?)", "？）", "?”", "？”")):
        return True
    if text[-1] in "。.!！;；:：,，、" or "\n" in text:
        return False
    return _ASKS_EN.match(text) is not None if text.isascii() else len(text) <= 60 and _ASKS_ZH.search(text) is not None


def _ask(cells: Sequence[str]) -> bool:
    """Whether most of the cells are questions; no more of them are looked at than tell."""
    others, count = 0, max(1, len(cells))
    for cell in cells:
        others += not is_question(cell)
        if (len(cells) - others) / count < _SHARE:
            return False
    return bool(cells)


def _differ(cells: Sequence[str]) -> bool:
    return len(set(cells)) * 2 > len(cells)


def split_phrasings(cell: str) -> tuple[str, ...]:
    """The phrasings of one cell: a JSON list, or text separated by `|`, `；`, `;` or line breaks."""
    parts: list[str] = []
    if cell.lstrip().startswith("["):
        try:
            value = json.loads(cell)
        except ValueError:
            value = None
        if isinstance(value, list):
            parts = [item for item in value if isinstance(item, str)]
    parts = parts or _SEPARATORS.split(cell)
    return tuple(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
