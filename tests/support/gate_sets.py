"""Sentences that a passage supports and sentences that it does not, made from public data, and what the gate does with them.

XIANSOU_DATA=<folder of the data> python -m tests.support.gate_sets [--each 500] [--seed 1] [--show 20]

Not supported: one number, unit, name or negation of a passage's sentence is changed, or the sentence is another passage's.
Supported: the sentence as it stands, parts of it, two of them in one, or one with an opening phrase, another order, other
spellings of numbers and negations.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.answering.check import Gate
from rag.answering.gate.vectors import WordVectors
from rag.domain import Hit, Passage
from rag.index.late_interaction import pack
from rag.ports import Embedder
from rag.settings import load
from rag.text.sentences import split_sentences
from rag.wiring import embedder_loader

_HAN = re.compile("[\u4e00-\u9fff]")
_NO_PROSE = ("```", "|", "<", "import", "---", "{", "![")
_CODE = re.compile(r"[=;{}]|\w\(|\w_\w|::|^\W*\[[^\]]*\]\([^)]*\)\W*$|]\(")  # code and lists of links are no statements
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)\b(?!You|Your|The|This|These|Its|How|What|When)[A-Z][a-z]{2,}(?: [A-Z][a-z]+)*\b")


@dataclass(frozen=True, slots=True)
class Text:
    """A passage, and phrases in it that answer some question (they are names, numbers, dates, noun phrases)."""

    text: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A sentence with its markers, the passages of its prompt, and how it was made."""

    sentence: str
    hits: tuple[Hit, ...]
    how: str


def read_texts(data: Path) -> list[Text]:
    """Passages of the question sets and paragraphs of the help centres."""
    found = []
    for name in ("xquad_en", "xquad_zh", "squad2_en"):
        folder = data / "retrieval" / name
        right = json.loads((folder / "qrels.json").read_text())
        answers: dict[str, set[str]] = {}
        for row in _rows(folder / "queries.jsonl.gz"):
            for document in right.get(row["id"], []):
                answers.setdefault(document, set()).update(row.get("answers") or [])
        found += [Text(row["text"], tuple(sorted(answers.get(row["id"], ())))) for row in _rows(folder / "corpus.jsonl.gz")]
    for row in _rows(data / "retrieval" / "dureader_zh" / "corpus.jsonl.gz"):
        found.append(Text(row["text"][:600]))
    for name, pattern in (("tidb_zh", "**/*.md"), ("plausible_en", "**/*.md*"), ("dify_en_zh", "**/*.mdx")):
        for file in sorted((data / "help" / name).glob(pattern))[:150]:
            for paragraph in re.split(r"\n\s*\n", file.read_text(encoding="utf-8", errors="replace")):
                if 150 < len(paragraph) < 1200 and not paragraph.lstrip().startswith(
                    ("```", "|", "<", "import", "---", "{", "    ", "![")
                ):
                    found.append(Text(paragraph.strip()))
    return found


def _rows(file: Path) -> list[dict]:  # type: ignore[type-arg]
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def hit(text: str, at: int) -> Hit:
    passage = Passage(at, f"d{at}", 1, "", None, None, "default", (), "text", text, "", 0, len(text), {}, {})
    return Hit(passage, 1.0, 0.9, {})


# -- what the passage does not say -------------------------------------------------------------------------------------


def other_number(sentence: str, text: Text, others: list[Text], pick: random.Random) -> str | None:
    mark = re.match(r"\s*\d+[、.)）]", sentence)  # of an item of a list: what it is numbered as says nothing
    found = [
        match
        for match in _NUMBER.finditer(sentence)
        if (mark is None or match.start() >= mark.end()) and sentence[match.start() - 1 : match.start()] != "["
    ]
    if not found:
        return None
    match = pick.choice(found)
    near = [n for n in _NUMBER.findall(text.text) if n not in sentence]
    value = match.group()
    changed = pick.choice(near) if near and pick.random() < 0.5 else _nudge(value, pick)
    return None if changed == value else sentence[: match.start()] + changed + sentence[match.end() :]


def _nudge(value: str, pick: random.Random) -> str:
    at = pick.choice([at for at, char in enumerate(value) if char.isdigit()])
    digit = str((int(value[at]) + pick.randint(1, 8)) % 9 + 1)
    return value[:at] + digit + value[at + 1 :]


def other_name(sentence: str, text: Text, others: list[Text], pick: random.Random) -> str | None:
    here = [answer for answer in text.answers if answer in sentence and 1 < len(answer) < 40 and answer != sentence]
    if not _HAN.search(sentence):
        here += _NAME.findall(sentence)
    if not here:
        return None
    old = pick.choice(here)
    near = [answer for answer in text.answers if answer not in sentence and old not in answer]
    if not _HAN.search(sentence):
        near += [name for name in _NAME.findall(text.text) if name not in sentence and old not in name]
    far = [answer for other in pick.sample(others, 40) for answer in other.answers]
    far = [answer for answer in far if bool(_HAN.search(answer)) == bool(_HAN.search(old)) and answer not in sentence]
    pool = near if near and pick.random() < 0.5 else far
    pool = [name for name in pool if name.lower() != old.lower() and old.lower() not in name.lower()]
    pool = [name for name in pool if bool(re.search(r"\d", name)) == bool(re.search(r"\d", old)) and len(name) < 40]
    return sentence.replace(old, pick.choice(pool), 1) if pool else None


_EN_NEGATIONS = [
    (r"\b(is|are|was|were|has|have|can|could|will|would|should|must|may|does|did|do)\b(?! not)(?!n't)", r"\1 not"),
    (r"\b(is|are|was|were|can|could|will|would|should|does|did|do) not\b", r"\1"),
    (r"\bcannot\b", "can"),
    (r"\b(?:does|do)n't\b", "do"),
    (r"\bwithout\b", "with"),
    (r"\bnever\b", "always"),
    (r"\balways\b", "never"),
    (r"\bbefore\b", "after"),
    (r"\bmore than\b", "less than"),
    (r"\bat least\b", "at most"),
]
_ZH_NEGATIONS = [
    ("可以", "不可以"), ("不能", "能"), ("没有", "有"), ("不会", "会"), ("(?<!不)是(?!否|不|还)", "不是"),
    ("(?<!不)能够", "不能够"),
    ("(?<!不)支持", "不支持"), ("需要", "不需要"), ("不支持", "支持"), ("必须", "不必"), ("不得", "可以"), ("无法", "能够"),
    ("(?<!没)有(?!限|效|关|趣|没)", "没有"), ("以上", "以下"), ("不(?=[要需该应被再])", ""),
]  # fmt: skip


def negated(sentence: str, text: Text, others: list[Text], pick: random.Random) -> str | None:
    rules = _ZH_NEGATIONS if _HAN.search(sentence) else _EN_NEGATIONS
    for pattern, put in pick.sample(rules, len(rules)):
        changed = re.sub(pattern, put, sentence, count=1)
        if changed != sentence:
            return changed
    return None


def other_unit(sentence: str, text: Text, others: list[Text], pick: random.Random) -> str | None:
    units = [
        "days",
        "hours",
        "minutes",
        "seconds",
        "years",
        "months",
        "weeks",
        "miles",
        "metres",
        "percent",
        "million",
        "billion",
    ]
    han = ["天", "小时", "分钟", "秒", "年", "个月", "米", "公里", "元", "万", "亿", "人"]
    for unit in pick.sample(units, len(units)):
        match = re.search(rf"(?<=\d )\b{unit}\b", sentence)
        if match:
            new = pick.choice([other for other in units if other != unit])
            return sentence[: match.start()] + new + sentence[match.end() :]
    for unit in pick.sample(han, len(han)):
        match = re.search(rf"(?<=\d){unit}|(?<=\d ){unit}", sentence)
        if match:
            new = pick.choice([other for other in han if other != unit])
            return sentence[: match.start()] + new + sentence[match.end() :]
    return None


def exchanged(sentence: str, text: Text, others: list[Text], pick: random.Random) -> str | None:
    here = [answer for answer in text.answers if answer in sentence and 1 < len(answer) < 30]
    here += [] if _HAN.search(sentence) else _NAME.findall(sentence)
    pairs = [(a, b) for a in here for b in here if a not in b and b not in a and sentence.count(a) == sentence.count(b) == 1]
    if not pairs:
        return None
    a, b = pick.choice(pairs)
    if re.search(
        rf"{re.escape(a)}\W+(?:and|or|和|与|、|,)?\W*{re.escape(b)}|{re.escape(b)}\W+(?:and|or|和|与|、|,)?\W*{re.escape(a)}",
        sentence,
    ):
        return None  # a list means the same in any order
    return sentence.replace(a, "\0").replace(b, a).replace("\0", b)


def foreign(sentence: str, text: Text, others: list[Text], pick: random.Random) -> str | None:
    for _ in range(20):
        other = pick.choice(others)
        spans = split_sentences(other.text)
        if spans and bool(_HAN.search(other.text)) == bool(_HAN.search(sentence)):
            start, end = pick.choice(spans)
            if end - start > 20 and other.text[start:end] not in text.text:
                return other.text[start:end]
    return None


WRONG: dict[str, Callable[[str, Text, list[Text], random.Random], str | None]] = {
    "number": other_number, "name": other_name, "negation": negated, "unit": other_unit, "exchange": exchanged,
    "foreign": foreign,
}  # fmt: skip


# -- what it does say --------------------------------------------------------------------------------------------------


def whole(sentence: str, after: str, pick: random.Random) -> str | None:
    return sentence


def opened(sentence: str, after: str, pick: random.Random) -> str | None:
    if _HAN.search(sentence):
        return pick.choice(["根据资料，", "答：", "文档中说明，", "您好，", "是的，", "具体来说，"]) + sentence
    lead = pick.choice(["According to the document, ", "Yes, ", "In short, ", "As described, ", "Note that "])
    return lead + sentence


def part(sentence: str, after: str, pick: random.Random) -> str | None:
    cuts = [match for match in re.finditer(r", |，|；|; ", sentence)]
    if not cuts:
        return None
    cut = pick.choice(cuts)
    kept = sentence[: cut.start()] if cut.start() > len(sentence) / 2 else sentence[cut.end() :]
    return kept.rstrip(".。") + ("。" if _HAN.search(kept) else ".") if len(kept) > 15 else None


def both(sentence: str, after: str, pick: random.Random) -> str | None:
    if not after or len(sentence) + len(after) > 400:
        return None
    return f"{sentence.rstrip('。')}，{after}" if _HAN.search(sentence) else f"{sentence.rstrip('.')}, and {after}"


def without_brackets(sentence: str, after: str, pick: random.Random) -> str | None:
    changed = re.sub(r"\s*[(（][^()（）]{3,80}[)）]", "", sentence)
    return changed if changed != sentence and len(changed) > 20 else None


def moved(sentence: str, after: str, pick: random.Random) -> str | None:
    match = re.match(r"((?:In|On|At|By|After|During|From|For|With)\b[^,]{3,50}), ([^,]{20,})\.$", sentence)
    return f"{match[2][0].upper()}{match[2][1:]} {match[1][0].lower()}{match[1][1:]}." if match else None


def spelled(sentence: str, after: str, pick: random.Random) -> str | None:
    changed = sentence
    for old, new in [
        (r"\b(\d{1,3}),(\d{3})\b", r"\1\2"), (r"\bdoes not\b", "doesn't"), (r"\bcannot\b", "can't"), (r"\bis not\b", "isn't"),
        (r"\bdo not\b", "don't"), (r"\btwo\b", "2"), (r"\bthree\b", "3"), (r"\bfour\b", "4"), (r"\bten\b", "10"), ("，", ","),
        (r"\bhowever\b", "but"), (r"\bapproximately\b", "about"), (r"\bbegan\b", "started"), (r"\blarge\b", "big"),
        ("(", "（") if _HAN.search(sentence) else (r"“|”", '"'),
    ]:  # fmt: skip
        changed = re.sub(old, new, changed) if old != "(" else changed.replace(old, new)
    return changed if changed != sentence else None


RIGHT: dict[str, Callable[[str, str, random.Random], str | None]] = {
    "whole": whole, "opened": opened, "part": part, "both": both, "brackets": without_brackets, "moved": moved,
    "spelled": spelled,
}  # fmt: skip


def build(texts: list[Text], each: int, seed: int) -> tuple[list[Sample], list[Sample]]:
    """(supported, unsupported), `each` of both, every way of making them as often as it can be."""
    pick = random.Random(seed)
    pools: tuple[list[Sample], list[Sample]] = ([], [])
    for pool, ways in zip(pools, (RIGHT, WRONG), strict=True):
        names = list(ways)
        while len(pool) < each:
            text, name = pick.choice(texts), names[len(pool) % len(names)]
            spans = [(a, b) for a, b in split_sentences(text.text) if 25 <= b - a <= 300 and not _CODE.search(text.text, a, b)]
            if not spans:
                continue
            at = pick.randrange(len(spans))
            sentence = " ".join(text.text[slice(*spans[at])].split())
            after = text.text[slice(*spans[at + 1])] if at + 1 < len(spans) else ""
            made = WRONG[name](sentence, text, texts, pick) if ways is WRONG else RIGHT[name](sentence, after, pick)
            if made is None or (ways is WRONG and _plain(made) in _plain(text.text)):
                if pick.random() < 0.02:
                    names.append(names.pop(names.index(name)))
                continue
            others = [other.text for other in pick.sample(texts, 2) if _plain(made) not in _plain(other.text)]
            hits = tuple(hit(body, n) for n, body in enumerate([text.text, *others]))
            pool.append(Sample(f"{made} [1]", hits, name))
    return pools


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


def gate_of(sample: Sample, embedder: Embedder | None) -> Gate:
    """With an embedder the passages have the token bits that a library would have stored."""
    if embedder is None:
        return Gate(sample.hits, policy="repair")
    texts = {hit.passage.id: hit.passage.text for hit in sample.hits}

    def bits_of(ids: Sequence[int]) -> list[bytes]:
        return [pack(rows) for rows in embedder.embed_with_tokens([texts[one] for one in ids])[1]]

    return Gate(sample.hits, policy="repair", words=WordVectors(embedder, bits_of))


def measure(samples: list[Sample], embedder: Embedder | None) -> tuple[list[Sample], list[Sample], list[float]]:
    """(passed, stopped, milliseconds of each)."""
    passed, stopped, took = [], [], []
    for sample in samples:
        gate = gate_of(sample, embedder)
        began = time.perf_counter()
        checked = gate.check(sample.sentence)
        took.append((time.perf_counter() - began) * 1000)
        (stopped if checked.claim is None else passed).append(sample)
    return passed, stopped, took


def main(
    make: Callable[[list[Text], int, int], tuple[list[Sample], list[Sample]]] = build,
    read: Callable[[Path], list[Text]] = read_texts,
) -> None:
    """What passes and what is lost of the sentences that `make` makes of the texts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument(
        "--vectors", action="store_true", help="with the embedding model's token vectors, as the service has them"
    )
    asked = parser.parse_args()
    settings = load(env=dict(os.environ))
    embedder = embedder_loader(settings)(settings.embedding.model) if asked.vectors else None
    supported, unsupported = make(read(Path(os.environ["XIANSOU_DATA"])), asked.each, asked.seed)
    _, lost, took = measure(supported, embedder)
    through, _, took_wrong = measure(unsupported, embedder)
    for name, bad, made in (("LOST", lost, supported), ("THROUGH", through, unsupported)):
        print(name, f"{len(bad)} of {len(made)}", dict(Counter(sample.how for sample in bad)))
        for sample in bad[: asked.show]:
            checked = gate_of(sample, embedder).check(sample.sentence)
            print(" ", sample.how, checked.fault, "|", sample.sentence)
            if checked.claim is not None:
                span = checked.claim.support[0]
                print("      ", sample.hits[span.hit].passage.text[span.start : span.end].replace("\n", " "))
            else:
                print("      ", sample.hits[0].passage.text[:300].replace("\n", " "))
    print(f"p50 {statistics.median(took + took_wrong):.2f} ms, max {max(took + took_wrong):.1f} ms a sentence (new passages)")


if __name__ == "__main__":
    main()
