"""Measures of an answer's words against reference answers."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from rag.text.tokens import fold

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_HAN}]|[^\s{_HAN}]+")
_PUNCTUATION = re.compile(
    rf"[{re.escape(string.punctuation)}\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”‘’—…·]"
)
_MARKER = re.compile(r"\s*\[\d{1,3}\]")


def said(answer: str) -> str:
    """The answer without its `[n]`."""
    return _MARKER.sub("", answer)


def squad_tokens(text: str) -> list[str]:
    """As SQuAD's evaluate-v2.0.py normalises (lower case, no punctuation, no articles), Han characters one by one.

    Source: rajpurkar.github.io/SQuAD-explorer; by characters as in CMRC 2018's script.
    """
    plain = _PUNCTUATION.sub("", fold(text).lower())
    return _TOKEN.findall(_ARTICLES.sub(" ", plain))


def exact_match(answer: str, references: Sequence[str]) -> float:
    """1 when the answer is one of the references, normalised."""
    tokens = squad_tokens(answer)
    return float(any(tokens == squad_tokens(reference) for reference in references))


def f1(answer: str, references: Sequence[str]) -> float:
    """Token F1 against the best reference: 2·P·R / (P + R) over the multiset of common tokens (SQuAD)."""
    tokens = squad_tokens(answer)
    return max(_f1(tokens, squad_tokens(reference)) for reference in references)


def contains(answer: str, references: Sequence[str]) -> float:
    """1 when a reference stands in the answer word for word (of Chinese: character for character)."""
    padded = f" {' '.join(squad_tokens(answer))} "
    return float(any(f" {' '.join(tokens)} " in padded for r in references if (tokens := squad_tokens(r))))


def rouge_l(answer: str, references: Sequence[str]) -> float:
    """ROUGE-L F1 against the best reference, by rouge-score; ideographs one by one, other scripts by words."""
    scorer = _rouge()
    return max(scorer(reference, answer) for reference in references)


_BLEU_ORDER = 4


def bleu(answers: Sequence[str], references: Sequence[Sequence[str]], languages: Sequence[str]) -> float:
    """Corpus BLEU by sacrebleu, as a share (its score / 100); each text cut by sacrebleu's tokenizer of its language."""
    from sacrebleu.metrics import BLEU
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
    from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

    cut = {"zh": TokenizerZh(), "": Tokenizer13a()}
    cuts = [cut.get(language, cut[""]) for language in languages]
    tokens_of_each = [tokenize(fold(answer)) for tokenize, answer in zip(cuts, answers, strict=True)]
    most = max(len(given) for given in references)
    streams = [
        [tokenize(fold(given[at])) if at < len(given) else None for tokenize, given in zip(cuts, references, strict=True)]
        for at in range(most)
    ]
    # Where no answer has four tokens there is no 4-gram, and an answer that is its reference word for word would score 0.
    short = len(answers) == 1 or all(len(text.split()) < _BLEU_ORDER for text in tokens_of_each)
    metric = BLEU(tokenize="none", force=True, effective_order=short)
    return float(metric.corpus_score(tokens_of_each, streams).score) / 100


def _f1(predicted: Sequence[str], right: Sequence[str]) -> float:
    if not predicted or not right:
        return float(predicted == right)
    common = sum((Counter(predicted) & Counter(right)).values())
    return 2 * common / (len(predicted) + len(right))


@cache
def _rouge() -> Callable[[str, str], float]:
    from rouge_score_rs import rouge_scorer, tokenizers

    scorer = rouge_scorer.RougeScorer(["rougeL"], tokenizer=tokenizers.UnicodeTokenizer())
    return lambda reference, answer: float(scorer.score(reference, answer)["rougeL"].fmeasure)
