"""Measures against other ways to compute them: by hand, by brute force, by the authors' own script."""

from __future__ import annotations

import collections
import itertools
import math
import re
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval import ranking, refusal, texts
from eval.compare import permutation, wilcoxon
from eval.metrics import support
from rag.domain import Citation

# -- rankings ----------------------------------------------------------------------------------------------------------


def test_ranking_by_hand():
    told = ranking.measure({"q": (["x", "b", "y", "a"], {"a": 2, "b": 1, "c": 1}, False)})["q"]
    dcg = 1 / math.log2(3) + 2 / math.log2(5)
    best = 2 + 1 / math.log2(3) + 1 / math.log2(4)
    assert told["ndcg_at_10"] == pytest.approx(dcg / best)
    assert told["recall_at_3"] == pytest.approx(1 / 3)
    assert told["recall_at_5"] == pytest.approx(2 / 3)
    assert told["precision_at_5"] == pytest.approx(2 / 5)
    assert (told["success_at_1"], told["success_at_3"], told["mrr"]) == (0, 1, 0.5)
    assert told["map"] == pytest.approx((1 / 2 + 2 / 4) / 3)


def test_of_alternatives_one_is_enough():
    told = ranking.measure({"q": (["x", "en", "zh"], {"zh": 1, "en": 1}, True), "none": ([], {"a": 1}, True)})
    assert told["q"]["recall_at_3"] == told["q"]["recall_at_5"] == 1
    assert told["q"]["ndcg_at_10"] == pytest.approx(1 / math.log2(3))
    assert set(told["none"].values()) == {0.0}


def test_a_cutoff_that_a_threshold_names_is_measured():
    documents = [str(n) for n in range(60)]
    told = ranking.measure({"q": (documents, {"49": 1}, False)}, [50, 49])["q"]
    assert (told["recall_at_49"], told["recall_at_50"]) == (0, 1)


# -- words -------------------------------------------------------------------------------------------------------------


def squad_normalise(text):
    """evaluate-v2.0.py of SQuAD."""
    text = "".join(ch for ch in text.lower() if ch not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text, flags=re.UNICODE).split())


def squad_f1(gold, predicted):
    gold, predicted = squad_normalise(gold).split(), squad_normalise(predicted).split()
    common = collections.Counter(gold) & collections.Counter(predicted)
    same = sum(common.values())
    if not gold or not predicted:
        return float(gold == predicted)
    if same == 0:
        return 0
    precision, recall = same / len(predicted), same / len(gold)
    return 2 * precision * recall / (precision + recall)


@settings(deadline=None, max_examples=50)
@given(st.text("aAn the,.x-Y z0", max_size=40), st.text("aAn the,.x-Y z0", max_size=40))
def test_f1_and_exact_match_are_those_of_squad(one, other):
    assert texts.f1(one, [other]) == pytest.approx(squad_f1(other, one))
    assert texts.exact_match(one, [other]) == float(squad_normalise(one) == squad_normalise(other))


def test_chinese_is_compared_by_characters():
    assert texts.exact_match("３０ 天内。", ["30天内"]) == 1
    assert texts.f1("退款需要五天", ["退款要三天"]) == pytest.approx(2 * 4 / (6 + 5))
    assert texts.contains("请在 30 天内申请退款。", ["三十天", "30天内"]) == 1
    assert texts.contains("it costs 300", ["30"]) == 0


def test_rouge_l_is_that_of_lin():
    """2·P·R / (P + R) over the longest common subsequence (Lin 2004)."""
    for one, other in (("the cat sat on the mat", "the cat is on a mat"), ("退款需要五个工作日", "退款五日")):
        a, b = (re.findall(r"[a-z]+|[\u4e00-\u9fff]", text) for text in (one, other))
        longest = max(n for n in range(len(b) + 1) if any(_subsequence(part, a) for part in itertools.combinations(b, n)))
        assert texts.rouge_l(one, [other]) == pytest.approx(2 * longest / (len(a) + len(b)))


def _subsequence(part, whole):
    rest = iter(whole)
    return all(token in rest for token in part)


def test_bleu_is_that_of_sacrebleu_in_each_language():
    from sacrebleu.metrics import BLEU

    english = (
        ["The cat sat on the mat today.", "It takes five days."],
        [["The cat sat on a mat today."], ["It takes 5 days."]],
    )
    chinese = (["退款需要五个工作日到账。"], [["退款要五个工作日才能到账。", "五个工作日内到账。"]])
    expected = BLEU(tokenize="13a").corpus_score(english[0], [[refs[0] for refs in english[1]]]).score / 100
    assert texts.bleu(*english, ["en", "en"]) == pytest.approx(expected)
    expected = BLEU(tokenize="zh", effective_order=True).corpus_score(chinese[0], [[ref] for ref in chinese[1][0]]).score / 100
    assert texts.bleu(*chinese, ["zh"]) == pytest.approx(expected)
    assert 0 < expected < 1


def cite(n, text):
    return Citation(n, "d", 1, 1, "", None, (), text, 0, len(text), 0.5)


def test_support_reads_the_cited_text_only():
    cited = (cite(1, "Refunds take 5 working days."), cite(2, "Parcels to islands take 9 days."))
    assert support("Refunds take 5 working days. [1]\nParcels to islands take 9 days. [2]", cited) == 1
    assert support("Refunds take 7 working days. [1]\nParcels to islands take 9 days. [2]", cited) == 0.5
    assert support("Parcels to islands take 9 days. [1]", cited) == 0
    assert support("Refunds take 5 working days, parcels to islands 9 days. [1][2]", cited) == 1


# -- knowing that one does not know ------------------------------------------------------------------------------------

answers = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=1, max_size=6)


@settings(deadline=None, max_examples=50)
@given(answers)
def test_aurc_is_the_mean_over_every_order_of_equals(rows):
    sure, wrong = [row[0] for row in rows], [float(row[1]) for row in rows]
    orders = [o for o in itertools.permutations(range(len(rows))) if all(sure[a] >= sure[b] for a, b in itertools.pairwise(o))]
    risks = [np.mean([sum(wrong[at] for at in order[: n + 1]) / (n + 1) for n in range(len(rows))]) for order in orders]
    assert refusal.aurc(sure, wrong) == pytest.approx(np.mean(risks))
    assert refusal.e_aurc(sure, wrong) >= -1e-12


@settings(deadline=None, max_examples=50)
@given(answers)
def test_coverage_at_a_risk_can_be_had_by_a_threshold(rows):
    sure, wrong = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])
    best = 0.0
    for threshold in sure:
        kept = sure >= threshold
        if wrong[kept].mean() <= 0.25:
            best = max(best, kept.mean())
    assert refusal.coverage_at(sure, wrong, 0.25) == pytest.approx(best)


def test_refusal_curve_by_hand():
    wrong, refused = refusal.refusal_curve([0.9, 0.8, 0.8, 0.1], [True, True, False, False])
    assert wrong.tolist() == [0, 0, 0.5, 1] and refused.tolist() == [1, 0.5, 0, 0]
    assert len(refusal.refusal_curve([0.9, 0.2], [True, True])[0]) == 0


def test_calibration_error_by_hand():
    assert refusal.calibration_error([0.95, 0.95, 0.15, 1.0], [1, 0, 0, 1]) == pytest.approx(
        (3 * abs(2.9 / 3 - 2 / 3) + 0.15) / 4
    )
    assert refusal.calibration_error([0.5, 0.5], [1, 0]) == 0


# -- significance ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=9))
def test_permutation_is_exact_for_few_questions(values):
    delta = np.array(values, np.float64)
    kept = [value for value in values if value]
    told = permutation(delta)
    if not kept:
        assert told is None
        return
    sums = [abs(sum(s * v for s, v in zip(signs, kept, strict=True))) for signs in itertools.product((-1, 1), repeat=len(kept))]
    assert told == pytest.approx(np.mean([value >= abs(sum(kept)) for value in sums]), abs=1e-4)


def test_significance_of_many_questions():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 1, 400)
    assert permutation(noise + 0.3) < 0.001
    assert wilcoxon(noise + 0.3) < 0.001
    assert permutation(noise - noise.mean()) > 0.9
