"""What the probability knows of each hit of a question, as training rows: many small libraries, each asked in turn."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ingest.pipeline import Pipeline
from rag.domain import DocumentInput, Question, Scope
from rag.record.calibration import Calibration
from rag.record.schema import passages
from rag.search import hits
from rag.search.calibrate import Features
from rag.wiring import Application

_GONE = 0.6  # share of the passages that may be taken out for one question: else hardly anything is left to be wrong about


@dataclass(frozen=True, slots=True)
class Probe:
    """`right`: documents that answer; `said`: alternatives of which a passage that answers has one; one of both or none."""

    question: str
    answerable: bool
    right: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """Documents and what is asked of them. `name`: `set/number`; libraries of one `part` are held out together."""

    name: str
    part: int
    documents: tuple[DocumentInput, ...]
    questions: tuple[Probe, ...]


def rows(libraries: Iterator[Library], application: Application) -> Iterator[dict[str, Any]]:
    """A row a question: {set, part, answerable, removed, hits: [features]}. Each answerable question is asked a second time
    without what answers it: a near-topic question that the library cannot answer. `house` is empty before and after."""
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    for library in libraries:
        kept = [one.id for one in library.documents if pipeline.put(one).passages]
        for one in library.questions:
            row = {"set": library.name.split("/")[0], "part": library.part, "question": one.question}
            yield row | {"answerable": one.answerable, "removed": False, "hits": _features(application, one.question, ())}
            if one.answerable and (gone := _answering(application, one)):
                yield row | {"answerable": False, "removed": True, "hits": _features(application, one.question, gone)}
        for key in kept:
            application.ledger.delete(key)


def _answering(application: Application, one: Probe) -> tuple[int, ...]:
    """Ids of the passages that answer; none where they are too many to be left out."""
    with application.ledger.engine.connect() as conn:
        live = select(passages.c.id, passages.c.document_id, passages.c.context, passages.c.text)
        rows = conn.execute(live.where(passages.c.retired_seq.is_(None))).all()
    bare = [one_said.lower().replace(" ", "") for one_said in one.said]
    gone = tuple(
        row.id
        for row in rows
        if row.document_id in one.right or any(part in f"{row.context}\n{row.text}".lower().replace(" ", "") for part in bare)
    )
    return gone if len(gone) <= _GONE * len(rows) else ()


def _features(application: Application, question: str, without: tuple[int, ...]) -> list[Mapping[str, Any]]:
    with _overheard() as heard:
        retrieved = application.answerer.retrieve(Question(question, scope=Scope(without=without)))
    likely = {round(hit.probability, 12) for hit in retrieved.hits}
    return [
        asdict(features) for features, probability in heard if round(probability, 12) in likely and features.late is not None
    ]


@contextmanager
def _overheard() -> Iterator[list[tuple[Features, float]]]:
    """The features of every hit whose probability is worked out meanwhile."""
    heard: list[tuple[Features, float]] = []
    module: Any = hits  # the name that it calls
    real = module.probability

    def listen(features: Features, calibration: Calibration) -> float:
        probability: float = real(features, calibration)
        heard.append((features, probability))
        return probability

    module.probability = listen
    try:
        yield heard
    finally:
        module.probability = real


def parallel(
    corpus: Mapping[str, Sequence[Mapping[str, str]]], queries: Mapping[str, Sequence[tuple[str, str]]]
) -> list[Library]:
    """Libraries of two articles in one language, asked in both; the last ones hold all articles and are asked in the other.

    corpus: passages {id, title, text} by language, in the same order in both; queries: (question, its passage's number).
    """
    pick, libraries = random.Random(2), list[Library]()
    titles = list(dict.fromkeys(row["title"] for row in corpus["zh"]))
    pick.shuffle(titles)
    for lang, other in (("zh", "en"), ("en", "zh")):
        groups = [titles[at : at + 2] for at in range(0, 24, 2)]
        for number, group in enumerate([*groups, titles]):
            documents = {
                str(at): DocumentInput(
                    str(at), row["text"].encode(), filename=f"{at}.txt", title=row["title"].replace("_", " ")
                )
                for at, row in enumerate(corpus[lang])
                if row["title"] in group
            }
            for name, own, most in ((f"xquad_{lang}", lang, 14), (f"xquad_{other}_of_{lang}", other, 10)):
                large = len(group) > 2
                if large and own == lang:
                    continue
                mine = [(text, key) for text, key in queries[own] if key in documents]
                chosen = pick.sample(mine, min(120 if large else most, len(mine)))
                questions = tuple(Probe(text, answerable=True, right=(key,)) for text, key in chosen)
                libraries.append(
                    Library(f"{name}{'_all' if large else ''}/{number}", number % 4, tuple(documents.values()), questions)
                )
    return libraries


def cases(folder: Path, questions: Sequence[Mapping[str, Any]]) -> list[Library]:
    """Libraries in folders of `folder`: questions {dir, q, status, must, kind}, single ones that are to be answered or refused.

    `must`: lists of alternatives, each list of which an answer has one; the longest tells which passages answer.
    """
    libraries = list[Library]()
    for number, name in enumerate(sorted({row["dir"] for row in questions})):
        files = sorted(path for path in (folder / name).rglob("*") if path.is_file())
        parsed = [_case(row) for row in questions if row["dir"] == name and not row.get("after")]
        documents = tuple(DocumentInput(path.name, path.read_bytes(), filename=path.name) for path in files)
        libraries.append(Library(f"cases/{name}", number % 4, documents, tuple(one for one in parsed if one is not None)))
    return libraries


def _case(row: Mapping[str, Any]) -> Probe | None:
    if row["status"] not in ("answered", "refused") or row["kind"] == "unknown-name":  # that has a reason of its own
        return None
    groups = [one if isinstance(one, list) else one.split("|") for one in row["must"]]
    said = max(groups, key=lambda one: min(map(len, one)), default=[])
    long_enough = bool(said) and min(map(len, said)) >= 2
    return Probe(row["q"], row["status"] == "answered", said=tuple(said) if long_enough else ())
