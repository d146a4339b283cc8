"""Does the cited text of an extractive answer hold the gold evidence, where retrieval had it in its first five?

XIANSOU_DATA=<folder of the data> python -m tests.support.evidence [--set squad2_en|stard_law_zh] [--limit 200] [--folder F]

Each paragraph or statute is a document of its own. squad2_en: an answer of the question stands in some cited text.
stard_law_zh: the cited text holds that sentence of a right statute which shares most words with the written answer; `document`
is the share of answers that cite a right statute at all.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.pipeline import Pipeline
from rag.answer import Answerer
from rag.domain import Answer, DocumentInput, Question, Retrieved
from rag.settings import load
from rag.text.sentences import split_sentences
from rag.text.tokens import words
from rag.wiring import Application, open_application

_OTHERS = 1500  # documents that answer none of the questions


@dataclass(frozen=True, slots=True)
class Case:
    """A question, the documents that answer it, and texts of which one must stand in what is cited."""

    question: str
    documents: tuple[str, ...]
    evidence: tuple[str, ...]


def read_rows(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read_set(data: Path, name: str, limit: int, seed: int = 7) -> tuple[list[dict[str, Any]], list[Case]]:
    """(documents, cases), the same ones for the same arguments."""
    folder, shuffle = data / "retrieval" / name, random.Random(seed)
    corpus = read_rows(folder / "corpus.jsonl.gz")
    right = {query: list(found) for query, found in json.loads((folder / "qrels.json").read_text()).items()}
    asked = [row for row in read_rows(folder / "queries.jsonl.gz") if row.get("answerable", True) and right.get(row["id"])]
    answers = folder / "answers.json"
    written = json.loads(answers.read_text()) if answers.exists() else {}
    asked = [row for row in asked if not answers.exists() or isinstance(written.get(row["id"], {}).get("答案文本"), str)]
    asked = shuffle.sample(asked, min(limit, len(asked)))
    texts = {row["id"]: row["text"] for row in corpus}
    cases = []
    for row in asked:
        documents = tuple(right[row["id"]])
        answer = written.get(row["id"], {}).get("答案文本", "")
        evidence = tuple(row["answers"]) if "answers" in row else tuple(_closest(answer, texts[one]) for one in documents)
        cases.append(Case(row["text"], documents, evidence))
    needed = {document for case in cases for document in case.documents}
    others = [row for row in corpus if row["id"] not in needed]
    others = shuffle.sample(others, min(_OTHERS, len(others)))
    return [row for row in corpus if row["id"] in needed] + others, cases


def _closest(answer: str, text: str) -> str:
    said = set(words(answer))
    spans = [text[start:end] for start, end in split_sentences(text)]
    return max(spans, key=lambda span: len(said & set(words(span))) / (8 + len(set(words(span)))))


def fill(application: Application, documents: list[dict[str, Any]]) -> None:
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    for row in documents:
        text = row["text"] if row.get("lang") == "en" else f"# {row.get('title', '')}\n\n{row['text']}"
        pipeline.put(DocumentInput(row["id"], text.encode(), "text/markdown", title=row.get("title") or None))


def holds(case: Case, answer: Answer) -> bool:
    cited = _tight("\n".join(citation.cited_text for citation in answer.citations))
    return any(_tight(evidence) in cited for evidence in case.evidence)


def measure(answerer: Answerer, cases: list[Case]) -> dict[str, float]:
    """`had`: questions with a right document in the first five; shares are of those."""
    had = held = document = first = length = 0
    misses = []
    for case in cases:
        question = Question(case.question, generator="extractive")
        if not _has(case, answerer.retrieve(question)):
            continue
        had += 1
        answer = answerer.answer(question)
        ok = holds(case, answer)
        held += ok
        document += any(citation.document_id in case.documents for citation in answer.citations)
        first += bool(answer.citations) and answer.citations[0].document_id in case.documents
        length += len(answer.answer)
        if not ok:
            misses.append((case.question, case.evidence[0][:80], answer.answer[:300]))
    for miss in misses[: int(os.environ.get("SHOW", "0"))]:
        print(*miss, sep="\n   ")
    n = max(1, had)
    shares = {"evidence": held / n, "document": document / n, "first": first / n, "characters": length / n}
    return {"asked": len(cases), "had": had} | {name: round(value, 3) for name, value in shares.items()}


def _has(case: Case, found: Retrieved) -> bool:
    return any(hit.passage.document_id in case.documents for hit in found.hits[:5])


def _tight(text: str) -> str:
    return re.sub(r"\s+", "", text).lower()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", default="squad2_en", choices=["squad2_en", "stard_law_zh"])
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--folder", default=None, help="Keeps the library there, for the next run.")
    asked = parser.parse_args()
    documents, cases = read_set(Path(os.environ["XIANSOU_DATA"]), asked.set, asked.limit)
    with tempfile.TemporaryDirectory() as temporary:
        told = load(env={}, overrides={"data_dir": asked.folder or temporary, "answer.max_wrong_rate": 1.0})
        application = open_application(told)
        fill(application, documents)
        print(asked.set, json.dumps(measure(application.answerer, cases)))
        application.close()


if __name__ == "__main__":
    main()
