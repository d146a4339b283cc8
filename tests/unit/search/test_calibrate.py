"""The correction of probabilities is found again, and kept with the generation."""

from __future__ import annotations

import numpy as np

from eval.calibrate import curve, error
from rag.record import calibration
from rag.record.calibration import PLAIN, Calibration, threshold
from rag.search.calibrate import Features, fit, probability, usual


def test_a_known_shift_is_found_again_from_whatever_was_used():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 4000)
    right = (rng.random(4000) < 1 / (1 + np.exp(-(0.6 * logits + 1.0)))).tolist()
    for used in (PLAIN, Calibration(2.0, -0.5, 9)):
        told = (1 / (1 + np.exp(-(used.slope * logits + used.offset)))).tolist()
        found = fit(told, right, used)
        assert abs(found.slope - 0.6) < 0.06 and abs(found.offset - 1.0) < 0.12 and found.questions == 4000
    corrected = (1 / (1 + np.exp(-(found.slope * logits + found.offset)))).tolist()
    assert error(corrected, right) < 0.03 < error((1 / (1 + np.exp(-logits))).tolist(), right)


def test_a_few_questions_of_one_kind_do_not_throw_it_over():
    found = fit([0.9] * 20 + [0.2] * 20, [True] * 40)
    assert 0 < found.slope < 2 and np.isfinite(found.offset)


def test_probability_is_between_none_and_one_and_follows_the_correction():
    features = Features(0.9, 0.05, 0.4, 0.1, 0.5, 0.9, 0.0, 5)
    plain = probability(features)
    assert 0 < plain < 1 and probability(features, Calibration(1.0, 1.0)) > plain
    assert 0 < probability(Features(0.2, 0.1, None, 0, 0, 0.5, 0.1, 4)) < 1


def test_it_is_kept_with_its_generation(application):
    engine, mine = application.ledger.engine, Calibration(0.5, -1.0, 60)
    calibration.store(engine, application.generation, mine)
    assert calibration.load(engine, application.generation) == mine
    assert application.open_view(application.generation).calibration == mine.assuming(
        application.settings.answer.unanswerable_share
    )
    assert calibration.load(engine, application.generation + 1) == PLAIN


def test_so_many_unanswerable_questions_are_answered_as_the_setting_says():
    rng = np.random.default_rng(2)
    unanswered = tuple(sorted(rng.beta(1, 5, 900).tolist()))
    others = rng.beta(1, 5, 4000)
    for rate in (0.05, 0.2, 0.5, 0.9):
        assert abs(float(np.mean(others >= threshold(rate, unanswered))) - rate) < 0.03
    assert threshold(0.9, ()) == 1 - 0.9 and threshold(1.0, unanswered) == threshold(1.0, ()) == 0
    assert threshold(0.3, (0.4,)) == 0.4


def test_the_curve_refuses_more_the_less_may_be_wrong():
    rng = np.random.default_rng(3)
    best = [(float(p), True) for p in rng.beta(5, 2, 400)] + [(float(p), False) for p in rng.beta(2, 5, 400)]
    told = curve(best)
    assert [row.false_refusal for row in told] == sorted((row.false_refusal for row in told), reverse=True)
    assert all(abs(row.wrong_answer - row.max_wrong_rate) < 0.04 for row in told)
    assert told[0].false_refusal > 0.1 > told[-1].false_refusal


def test_unanswered_probabilities_are_kept_with_the_generation(application):
    calibration.store(application.ledger.engine, 7, Calibration(1.1, 0.2, 40, (0.1, 0.3)))
    assert calibration.load(application.ledger.engine, 7) == Calibration(1.1, 0.2, 40, (0.1, 0.3))


def test_the_setting_means_the_same_before_and_after_a_calibration():
    """A share of unanswerable questions: of the shipped ones, then of the library's own."""
    for chinese in (True, False):
        shipped = usual(PLAIN, chinese=chinese)
        assert list(shipped) == sorted(shipped) and shipped[0] > 0 and shipped[-1] < 1
        assert threshold(0.05, shipped) > threshold(0.1, shipped) > threshold(0.5, shipped) > threshold(1.0, shipped) == 0
        assert sum(p >= threshold(0.25, shipped) for p in shipped) / len(shipped) < 0.3
    own = Calibration(1.2, 0.1, 50, (0.1, 0.2, 0.3))
    assert usual(own, chinese=True) == usual(own, chinese=False) == own.unanswered


def test_the_shipped_curve_follows_a_correction_that_saw_too_few_unanswerable_questions():
    plain, corrected = usual(PLAIN, chinese=False), usual(Calibration(1.0, 1.0, 40), chinese=False)
    assert all(after > before for before, after in zip(plain, corrected, strict=True))


def test_the_assumed_share_moves_probabilities_and_decides_nothing():
    features = Features(0.88, 0.05, 0.5, 0.15, 1.0, 0.6, 0.0, 5)
    rare, common = PLAIN.assuming(0.1), PLAIN.assuming(0.6)
    assert probability(features, rare) > probability(features) > probability(features, common)
    decided = {
        probability(features, told) >= threshold(rate, usual(told, chinese=False))
        for told in (rare, PLAIN, common)
        for rate in (0.1,)
    }
    assert len(decided) == 1
    assert abs(PLAIN.assuming(0.5).offset) < 1e-9


def test_a_name_that_is_missing_and_a_token_that_stands_elsewhere_speak_against_an_answer():
    base = dict(cosine=0.88, margin=0.05, late=0.5, ahead=0.15, gap=1.0, coverage=0.6, context=0.0, words=5)
    plain = probability(Features(**base))
    assert probability(Features(**base, unnamed=True)) < plain > probability(Features(**base, short=0.3))
    assert probability(Features(**base, personal=True)) > plain


def test_a_small_library_is_judged_by_what_it_says_of_every_word():
    base = dict(cosine=0.86, margin=0.02, late=0.4, ahead=0.12, gap=-0.3, coverage=0.3, context=0.0, words=4, small=1.0)
    plain = probability(Features(**base, weakest=0.2))
    assert probability(Features(**base, weakest=0.35)) > plain > probability(Features(**base, weakest=0.05))
    assert (
        probability(Features(**base, weakest=0.2, tabular=True))
        > plain
        < probability(Features(**base, weakest=0.2, entry=True))
    )
    assert probability(Features(**base | {"coverage": 0.8}, weakest=0.2)) > plain


def test_from_small_to_large_the_probability_changes_step_by_step():
    base = dict(cosine=0.86, margin=0.02, late=0.4, ahead=0.12, gap=-0.3, coverage=0.3, context=0.0, words=4, weakest=0.3)
    told = [probability(Features(**base, small=share)) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert told in (sorted(told), sorted(told, reverse=True)) and len(set(told)) == 5
    assert probability(Features(**base | {"weakest": 0.9}, small=0.0)) == told[0]


def test_across_languages_words_say_nothing():
    base = dict(cosine=0.81, margin=0.03, late=0.3, ahead=0.15, gap=-1.0, context=0.0, words=5, abroad=True)
    told = probability(Features(**base, coverage=0.0))
    assert told == probability(Features(**base, coverage=0.6))
    assert told > probability(Features(**base | {"margin": 0.0}, coverage=0.0))
    assert told > probability(Features(**base | {"abroad": False}, coverage=0.0))
