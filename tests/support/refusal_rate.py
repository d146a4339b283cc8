"""Is an unanswerable question answered as often as `answer.max_wrong_rate` says? Calibrated on one half, asked on the other.

XIANSOU_DATA=<folder of the data> python -m tests.support.refusal_rate [--set squad2_en|xquad_zh|…] [--limit N] [--seed 1]

squad2_en has questions without an answer near the documents' topics. Of sets without, the right documents of half of the
questions are left out of the library. The whole pipeline answers the second half (extractive), once for each setting.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
from pathlib import Path

from eval.calibrate import RATES, calibrate
from eval.dataset import Suite
from eval.items import SuiteItem
from ingest.pipeline import Pipeline
from rag.answer import Answerer
from rag.domain import DocumentInput, Question
from rag.settings import load
from rag.wiring import Application, load_retriever, open_application
from tests.support.evidence import read_rows


def read_set(folder: Path, limit: int, pick: random.Random) -> tuple[list[DocumentInput], list[SuiteItem]]:
    """(documents of the library, questions): about half of the questions have no answer in the documents."""
    right = {query: list(found) for query, found in json.loads((folder / "qrels.json").read_text()).items()}
    rows = read_rows(folder / "queries.jsonl.gz")
    rows = pick.sample(rows, min(limit, len(rows)))
    gone: set[str] = set()
    if all(row.get("answerable", True) for row in rows):
        used = sorted({document for row in rows for document in right.get(row["id"], [])})
        gone = set(pick.sample(used, len(used) // 2))
    documents = [
        DocumentInput(row["id"], row["text"].encode(), filename=f"{row['id']}.txt", title=row.get("title") or row["id"])
        for row in read_rows(folder / "corpus.jsonl.gz")
        if row["id"] not in gone
    ]
    questions = []
    for row in rows:
        answers = [document for document in right.get(row["id"], []) if document not in gone]
        unanswerable = not row.get("answerable", True) or not answers
        questions.append(SuiteItem(row["id"], row["text"], row["lang"], tuple(answers), unanswerable=unanswerable))
    return documents, questions


def measure(application: Application, asked: list[SuiteItem], rates: tuple[float, ...]) -> None:
    """Prints for each setting the shares that the pipeline gives."""
    for rate in rates:
        told = application.settings.model_copy(deep=True)
        profiles = {name: p.model_copy(update={"max_wrong_rate": rate}) for name, p in told.profiles.items()}
        told = told.model_copy(update={"profiles": profiles})
        view = application.views.live()
        answerer = Answerer(load_retriever(told, application.ledger, application.views), view.embedder, None, told)
        given = [(row.answerable, answerer.answer(Question(row.question)).status == "answered") for row in asked]
        wrong = [answered for answerable, answered in given if not answerable]
        refused = [not answered for answerable, answered in given if answerable]
        print(f"{rate:.2f}  wrong answers {sum(wrong) / len(wrong):.3f} of {len(wrong)}  "
              f"false refusals {sum(refused) / len(refused):.3f} of {len(refused)}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", default="squad2_en")
    parser.add_argument("--limit", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    pick = random.Random(told.seed)
    documents, questions = read_set(Path(os.environ["XIANSOU_DATA"]) / "retrieval" / told.set, told.limit, pick)
    pick.shuffle(questions)
    with tempfile.TemporaryDirectory() as folder:
        settings = load(env={}, overrides={"data_dir": folder})
        application = open_application(settings)
        pipeline = Pipeline(application.ledger, application.views.writing, settings)
        for _ in pipeline.put_many(iter(documents)):
            pass
        half = len(questions) // 2
        found = calibrate(Suite(told.set, None, tuple(questions[:half]), {}), application)
        print(f"{told.set}: calibrated on {half} questions; by halves of them:")
        for row in found.curve:
            print(f"{row.max_wrong_rate:.2f}  wrong answers {row.wrong_answer:.3f}  false refusals {row.false_refusal:.3f}")
        application.close()
        application = open_application(settings)  # takes the calibration
        print(f"asked {len(questions) - half} others:")
        measure(application, questions[half:], RATES)
        application.close()


if __name__ == "__main__":
    main()
