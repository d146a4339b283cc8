"""The correction of probabilities is found again, and kept with the generation."""

from __future__ import annotations

import numpy as np

from eval.calibrate import error
from rag.library import calibration
from rag.library.calibration import PLAIN, Calibration
from rag.search.calibrate import Features, fit, probability


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


def test_it_is_kept_with_its_generation(house):
    engine, mine = house.ledger.engine, Calibration(0.5, -1.0, 60)
    calibration.store(engine, house.generation, mine)
    assert calibration.load(engine, house.generation) == mine
    assert house.open_shelf(house.generation).calibration == mine
    assert calibration.load(engine, house.generation + 1) == PLAIN
