"""Laws for the sentences: found by arrays, they are those that each row's own numbers give."""

from dataclasses import replace

import numpy as np
import pytest

from models.domain import Range, beyond_ended_reasons, range_reasons
from models.notes import cap_note, guard_notes, widening_note


@pytest.fixture(params=[None, 1.0])
def predictor(request, predictor_maker):
    return predictor_maker("gradient_boosting", cap_ratio=request.param)


@pytest.fixture
def rows(predictor):
    """Return rows of every kind: usual, at the ends of the range, beyond, lacking."""
    rng = np.random.default_rng(5)
    learnt = predictor.cells.descriptors
    spread = np.where(predictor.neighbourhood.sd > 0, predictor.neighbourhood.sd, 1.0)
    far = learnt + rng.choice([0.0, 1e-12, 0.5, 3.0, 300.0], learnt.shape) * spread
    X = np.concatenate([learnt, far, -far])
    X[24:][rng.random((len(X) - 24, X.shape[1])) < 0.3] = np.nan
    return X


def test_no_reason_is_lost_or_made_up(predictor, rows):
    columns = predictor.columns_of(rows, 0.9)
    for row, x in enumerate(rows):
        distance_sd, nearest = columns.distances_sd[row, 0], columns.nearest[row, 0]
        expected = (
            *range_reasons(predictor.ranges, dict(zip(predictor.names, x.tolist(), strict=True))),
            *predictor.neighbourhood.reasons(distance_sd, predictor.cells.cell_ids[nearest]),
            *beyond_ended_reasons(predictor.cells, columns.value[row], predictor.unit),
        )
        assert columns.reasons.get(row, ()) == expected


def test_no_note_is_lost_or_made_up(predictor, rows):
    columns = predictor.columns_of(rows, 0.9)
    band = predictor.model.band(len(predictor.names))
    for row, x in enumerate(rows):
        expected = (
            *guard_notes(predictor.names, x, *band),
            *cap_note(predictor.task, columns.uncapped[row], predictor.highest_value),
        )
        if columns.is_widened[row]:
            expected += widening_note(predictor.names, x, predictor.ranges)
        assert columns.notes.get(row, ()) == expected
    assert columns.notes
    assert columns.is_widened.any()


def test_a_bare_electrode_is_not_told_that_facts_of_its_coating_are_missing(predictor):
    names = ["is_coated", "log10_coating_thickness_nm", "log10_current_density_mA_cm2"]
    ranges = {name: Range(0.0, 1.0, 0.5, False) for name in names}
    remarks = replace(
        predictor._remarks, ranges=ranges, lower=np.full(3, -9.0), upper=np.full(3, 9.0)
    )
    X = np.array([[is_coated, np.nan, np.nan] for is_coated in (0.0, 1.0, np.nan)])
    said = [sentence for _, (sentence,) in remarks._of_absence(X, np.isnan(X), np.full(3, True))]
    assert ["thickness" in sentence for sentence in said] == [False, True, True]
    assert all("current_density" in sentence for sentence in said)


def test_rows_that_share_numbers_are_told_as_each_alone(predictor):
    """To the letter: zeros of either sign are equal, but not written alike."""
    band = predictor.model.band(len(predictor.names))
    low = replace(predictor.ranges[predictor.names[0]], low=1.0, high=2.0)
    remarks = replace(
        predictor._remarks,
        ranges={**predictor.ranges, predictor.names[0]: low},
        lower=np.full(len(predictor.names), 1.0),
        upper=band[1],
    )
    X = np.tile(predictor.cells.descriptors[:1], (12, 1))
    X[:, 0] = [0.0, -0.0, 0.5, 0.5, np.nan, np.nan, 1.5, 0.0, -0.0, -3.0, 1.0, 2.0]
    for said in (remarks._of_ranges, lambda X, _: remarks._of_band(X)):
        together = dict(said(X, np.isnan(X)))
        alone = [dict(said(x[None], np.isnan(x[None]))).get(0, ()) for x in X]
        assert [together.get(row, ()) for row in range(12)] == alone
        assert together[0][0].startswith(f"{predictor.names[0]} is 0;")
        assert together[1][0].startswith(f"{predictor.names[0]} is -0;")
